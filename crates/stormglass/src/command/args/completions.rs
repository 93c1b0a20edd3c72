//! The argument of `completions`.

use clap::Args;
use clap_complete::Shell;

use super::values::shell;

#[derive(Clone, Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell: bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL", value_parser = shell)]
    pub(crate) shell: Shell,
}
