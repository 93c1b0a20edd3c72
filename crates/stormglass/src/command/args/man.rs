//! The arguments of `man`.

use clap::Args;

#[derive(Clone, Debug, Args)]
pub(crate) struct ManArgs {
    /// The command whose page is printed, such as `fuzz` or `scenario run` [default: the page of all commands]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
