//! The command in a shell: completions, and man pages.

use std::fs;
use std::process::Command;

use super::refusals::refused;
use super::{command, stderr, stdout, stormglass};

const COMMANDS: [&str; 9] = ["fuzz", "replay", "shrink", "scenario", "zoo", "check", "bench", "completions", "man"];

/// Every option in the list of a command's help, with its dashes.
fn options(name: &[&str]) -> Vec<String> {
    let help = stdout(&stormglass(&[name, &["--help"]].concat()));
    let of_line = |line: &str| {
        let words = line.split_whitespace().take_while(|word| word.starts_with(['-', '<']));
        words.filter(|word| word.starts_with("--")).map(String::from).collect::<Vec<_>>()
    };
    help.lines().flat_map(of_line).collect()
}

#[test]
fn bash_completes_every_command_and_every_option() {
    let output = stormglass(&["completions", "bash"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let script = stdout(&output);
    for name in COMMANDS {
        assert!(script.contains(&format!("stormglass__subcmd__{name}")), "{name} is not completed");
        let case = script.split_once(&format!("        stormglass__subcmd__{name})")).expect("a case of its own").1;
        let case = case.split(";;\n        stormglass").next().unwrap_or_default();
        for option in options(&[name]).iter().filter(|_| name != "scenario") {
            assert!(case.contains(option.as_str()), "{name} {option} is not completed");
        }
    }
    let folder = tempfile::tempdir().expect("a folder for it");
    let file = folder.path().join("stormglass.bash");
    fs::write(&file, &script).expect("a folder to write to");
    let checked = Command::new("bash").arg("-n").arg(&file).output().expect("bash is there");
    assert!(checked.status.success(), "{}", stderr(&checked));
    // The shell itself, asked how the last of these words may go on.
    for (words, completed) in [
        (&["fuzz", "--pro"][..], "--profile"),
        (&["fuzz", "--profile", "c"], "calm chaos clock"),
        (&["zoo", "--bug", "stale-term-v"], "stale-term-vote-counted"),
        (&["replay", "--system", "lease"], "lease-pair"),
        (&["scenario", "run", "quorum_l"], "quorum_loss"),
        (&["bench", "chaos"], "chaos5 chaos25"),
        (&["completions", "z"], "zsh"),
    ] {
        let (last, before) = words.split_last().expect("a word");
        let (all, at) = (words.join(" "), words.len());
        let asked = format!("COMP_WORDS=(stormglass {all}); COMP_CWORD={at}; _stormglass stormglass {last}");
        let previous = before.last().expect("a word before it");
        let line = format!("source '{}'; {asked} {previous}; echo ${{COMPREPLY[@]}}", file.display());
        let output = Command::new("bash").args(["--norc", "-c", &line]).output().expect("bash is there");
        assert_eq!(stdout(&output).trim_end(), completed, "{all}: {}", stderr(&output));
    }
}

#[test]
fn other_shells_have_completions_too_and_an_unknown_one_is_refused() {
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&stormglass(&["completions", shell]));
        assert!(COMMANDS.iter().all(|name| script.contains(name)) && script.contains("profile"), "{shell}: {script}");
    }
    refused(&["completions", "cmd"], "'cmd' is no shell: give bash, elvish, fish, powershell or zsh");
    refused(&["completions"], "<SHELL>");
    refused(&["--seeds", "5", "man"], "cannot be used with 'man' behind it");
    let output = stormglass(&["--json", "completions", "bash"]);
    assert_eq!(output.status.code(), Some(1), "a script is no document: {}", stdout(&output));
}

/// The text of a page, as a reader of the man page sees it.
fn read(page: &str) -> String {
    page.replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\-", "-")
}

#[test]
fn the_man_page_names_every_command_and_every_exit_code() {
    let page = stdout(&stormglass(&["man"]));
    assert!(page.contains("\n.TH stormglass 1 "), "{page}");
    for name in COMMANDS {
        assert!(read(&page).contains(&format!("\nstormglass-{name}(1)\n")), "{name}: {page}");
        let own = read(&stdout(&stormglass(&["man", name])));
        assert!(own.contains(&format!("\n.TH stormglass-{name} 1 ")), "{own}");
        for option in options(&[name]) {
            assert!(own.contains(&option), "{name}: {option} is not in {own}");
        }
    }
    assert!(read(&stdout(&stormglass(&["man", "scenario", "run"]))).contains("--partition-time"));
    let (_, table) = page.split_once(".SH \"EXIT STATUS\"\n").expect("a table of them");
    for (code, meaning) in [("0", "every run passed"), ("12", "the same seed ran differently"), ("70", "panicked")] {
        let row = table.split(".TP\n").find(|row| read(row).starts_with(&format!("{code}\n")));
        assert!(row.is_some_and(|row| row.contains(meaning)), "{code}: {table}");
    }
    refused(&["man", "gremlins"], "'gremlins' is no command: give one of fuzz, replay, shrink, ");
    refused(&["man", "fuzz", "run"], "'run' is no command of stormglass-fuzz");
}

#[test]
fn completions_and_pages_are_of_the_program_by_the_name_it_has() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let renamed = folder.path().join("my-store");
    fs::copy(command(&[]).get_program(), &renamed).expect("a folder to write to");
    let said = |args: &[&str]| stdout(&Command::new(&renamed).args(args).output().expect("it starts"));
    assert!(said(&["completions", "bash"]).contains(" -o default my-store\n"), "{}", said(&["completions", "bash"]));
    assert!(read(&said(&["man", "fuzz"])).contains("\n.TH my-store-fuzz 1 "), "{}", said(&["man", "fuzz"]));
}
