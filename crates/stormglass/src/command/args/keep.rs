//! How failed runs are shown and kept.

use std::io;
use std::path::PathBuf;

use clap::Args;
use explore::artefacts::Root;
use explore::{Layout, Options};

/// How a failed run is shown and kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeepArgs {
    /// Keep the files of failed runs below this folder [default: target/stormglass in a cargo workspace, or
    /// stormglass-out]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Show the token of a failed run however long it is
    #[arg(long)]
    token: bool,
    /// The folder that the configuration gives.
    #[arg(skip)]
    configured: Option<PathBuf>,
}

impl KeepArgs {
    /// Takes the folder from the configuration, for where no option gives one.
    pub(super) fn configure(&mut self, options: &Options) {
        self.configured.clone_from(&options.out);
    }

    /// Where files go.
    ///
    /// # Errors
    /// The current folder is gone.
    pub(crate) fn root(&self) -> io::Result<Root> {
        let root = Root::of_command(self.out.as_deref().or(self.configured.as_deref()));
        root.map_err(|error| io::Error::new(error.kind(), format!("the current folder cannot be found: {error}")))
    }

    /// How the screen of a failed run is laid out in lines of this width.
    pub(crate) fn layout(&self, width: usize) -> Layout {
        Layout { width, shows_token: self.token }
    }
}
