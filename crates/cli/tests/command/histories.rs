//! `check`.

use serde_json::Value;

use super::{json, stderr, stdout, stormglass, stormglass_in, stormglass_reading};

/// A history in which a read is stale: the value that it returns was overwritten before it began.
pub(super) const STALE: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:write\t2
INFO  jepsen.util - 1\t:ok\t:write\t2
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 0\t:ok\t:read\t1
";

#[test]
fn a_stale_read_is_shown_with_the_write_that_it_missed() {
    let output = stormglass_reading(STALE, &["check", "-"]);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("FAIL  not linearizable: 3 operations on a register\nfile  - (Jepsen log)\n"), "{text}");
    assert!(text.contains("     p1       line 3  line 4  write 2\n"), "{text}");
    assert!(text.contains("  *  p0       line 5  line 6  read -> 1\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn check_prints_one_document() {
    let stale = json(&stormglass_reading(STALE, &["check", "-", "--json"]));
    assert_eq!(stale["verdict"], "not-linearizable");
    assert_eq!(stale["operations"], 3);
    assert!(stale["wall_s"].as_f64() < Some(10.0), "{stale}");
    let fresh = stormglass_reading(&STALE.replace(":read\t1", ":read\t2"), &["check", "-", "--json"]);
    assert_eq!((fresh.status.code(), &json(&fresh)["verdict"]), (Some(0), &Value::from("linearizable")));
}

#[test]
fn lines_that_stand_otherwise_than_they_say_are_put_in_order_and_that_is_told() {
    let file = "../../sim-tests/inputs/03-times-against-lines.jsonl";
    let text = stdout(&stormglass(&["check", file]));
    assert!(text.contains("\norder by :time; the lines stand otherwise\n"), "{text}");
    assert_eq!(json(&stormglass(&["check", file, "--json"]))["order"], "time");
    let stale = &["check", "-", "--json"];
    assert_eq!(json(&stormglass_reading(STALE, stale))["order"], "lines");
    assert!(!stdout(&stormglass_reading(STALE, &stale[..2])).contains("\norder"));
}

#[test]
fn an_index_that_the_times_contradict_is_told() {
    let lines: String =
        [("invoke", "write", 1, 400), ("ok", "write", 1, 300), ("invoke", "read", 0, 200), ("ok", "read", 1, 100)]
            .iter()
            .enumerate()
            .map(|(index, (event, f, value, time))| {
                let value = if (*event, *f) == ("invoke", "read") { "nil".into() } else { value.to_string() };
                format!("{{:process 0 :type :{event} :f :{f} :value {value} :time {time} :index {index}}}\n")
            })
            .collect();
    let text = stdout(&stormglass_reading(&lines, &["check", "-"]));
    assert!(text.contains("\ntimes go back at 3 lines; the order is not that of the times\n"), "{text}");
    assert_eq!(json(&stormglass_reading(&lines, &["check", "-", "--json"]))["backward_times"], 3);
    assert!(!stdout(&stormglass_reading(STALE, &["check", "-"])).contains("times go back"));
}

#[test]
fn a_search_for_another_first_value_that_ends_early_is_no_violation() {
    let mut text = String::from("{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :read :value 0}\n");
    for number in 1..=500 {
        for (event, f) in [("invoke", "write"), ("ok", "write"), ("invoke", "read"), ("ok", "read")] {
            text += &format!("{{:process 1 :type :{event} :f :{f} :value {number}}}\n");
        }
    }
    let judged = |options: &[&str]| stormglass_reading(&text, &[&["check", "-"], options].concat());
    assert!(stdout(&judged(&[])).ends_with(": --initial 0\n"));
    let early = judged(&["--steps", "10"]);
    assert_eq!(early.status.code(), Some(14), "{}", stdout(&early));
    assert!(stdout(&early).contains("--steps raises the limit"), "{}", stdout(&early));
    let empty = judged(&["--steps", "10", "--initial", "nil"]);
    assert_eq!(empty.status.code(), Some(10), "{}", stdout(&empty));
}

#[test]
fn a_name_with_control_characters_is_spelled_out() {
    let folder = tempfile::tempdir().expect("a folder for it");
    std::fs::write(folder.path().join("a\u{1b}[31mb.log"), STALE).expect("a folder to write to");
    for options in [&[][..], &["--memory", "1", "--time", "1ms", "--steps", "1"]] {
        let text = stdout(&stormglass_in(folder.path(), &[&["check", "a\u{1b}[31mb.log"], options].concat()));
        assert!(text.contains("a\\u{1b}[31mb.log") && !text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn a_first_value_is_named_so_that_it_can_be_pasted() {
    for (first, hint) in
        [("0", "0"), ("\"a b\"", "'\"a b\"'"), ("\"nil\"", "'\"nil\"'"), ("\"\"", "'\"\"'"), ("\"$x\"", "'$x'")]
    {
        let text = format!("{{:process 0 :type :invoke :f :read}}\n{{:process 0 :type :ok :f :read :value {first}}}\n");
        let output = stormglass_reading(&text, &["check", "-"]);
        assert_eq!(output.status.code(), Some(14), "{}", stdout(&output));
        assert!(stdout(&output).ends_with(&format!(": --initial {hint}\n")), "{}", stdout(&output));
        let option = hint.trim_matches('\'');
        assert_eq!(stormglass_reading(&text, &["check", "-", "--initial", option]).status.code(), Some(0), "{hint}");
    }
}

#[test]
fn a_model_that_does_not_fit_the_history_is_refused() {
    let keyed = "{:process 0, :type :invoke, :f :get, :key \"a\", :value nil}\n\
                 {:process 1, :type :invoke, :f :get, :key \"b\", :value nil}\n";
    let output = stormglass_reading(keyed, &["check", "-", "--model", "register"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: -: it is about 2 keys, and a register has none: give --model kv\n");
}

#[test]
fn the_history_of_a_run_is_written_and_judged_again() {
    let path = std::env::temp_dir().join(format!("stormglass-history-{}.jsonl", std::process::id()));
    let file = path.to_str().expect("a plain path");
    let replay = json(&stormglass(&["replay", "0x1f3a", "--json", "--history", file]));
    let check = stormglass(&["check", file, "--json"]);
    std::fs::remove_file(&path).expect("just written");
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    let operations: u64 = ["ok", "fail", "info"].iter().filter_map(|end| replay["operations"][end].as_u64()).sum();
    // The probe of the calm phase is in the history too.
    assert!(json(&check)["operations"].as_u64() > Some(operations), "{replay}");
}
