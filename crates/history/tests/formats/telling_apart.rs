//! The formats are told apart by their first operation; lines before it do not matter.

use history::format::{Format, Kind};

use crate::calls::{parsed, refusal};
use crate::samples;

#[test]
fn each_format_is_known_by_its_first_line() {
    let told = samples::ALL.map(|text| {
        let parsed = parsed(text);
        (parsed.format, parsed.kind)
    });
    let expected =
        [(Format::JepsenLog, Kind::Register), (Format::Edn, Kind::KeyValue), (Format::JsonLines, Kind::KeyValue)];
    assert_eq!(told, expected);
}

#[test]
fn blank_lines_and_carriage_returns_change_nothing_but_the_numbers_of_lines() {
    for text in samples::ALL {
        let plain = parsed(text);
        let returns = parsed(&text.replace('\n', "\r\n"));
        assert_eq!(returns, plain);
        let spread = parsed(&format!("\n  \n{}\t\n", text.replace('\n', "\n\n")));
        assert_eq!((spread.format, spread.kind), (plain.format, plain.kind));
        assert_eq!(spread.history.calls().len(), plain.history.calls().len());
        for (spread, plain) in spread.history.calls().iter().zip(plain.history.calls()) {
            assert_eq!((spread.process, &spread.input), (plain.process, &plain.input));
            let line = plain.invoked.order;
            // The JSON has numbers of its own.
            assert!(spread.invoked == plain.invoked || spread.invoked.order == 2 * line + 1, "line {line}");
        }
    }
}

#[test]
fn spaces_around_the_first_brace_do_not_matter() {
    assert_eq!(parsed("  {  :process 1 :type :invoke :f :read}").format, Format::Edn);
    assert_eq!(parsed("  {  \"process\":1,\"type\":\"invoke\",\"f\":\"read\"}").format, Format::JsonLines);
    assert_eq!(parsed("#jepsen.history.Op {:process 1, :type :invoke, :f :read}").format, Format::Edn);
}

#[test]
fn a_text_in_another_format_is_refused() {
    let expected = "expected a line of a Jepsen log, an EDN map or a JSON object, found";
    assert_eq!(refusal("\n\n# heading"), format!("line 3: {expected} '# heading'"));
    assert_eq!(refusal("\n\nprocess,type,f\n"), format!("line 3: {expected} 'process,type,f'"));
    assert_eq!(refusal("{}\n"), format!("line 1: {expected} '{{}}'"));
    assert_eq!(refusal("SELECT 1;\n{}\n"), format!("line 1: {expected} 'SELECT 1;'"));
    assert_eq!(refusal("{"), format!("line 1: {expected} '{{'"));
    assert_eq!(refusal("[1 2]"), format!("line 1: {expected} '[1 2]'"));
    assert_eq!(refusal("Information"), format!("line 1: {expected} 'Information'"));
}

#[test]
fn a_text_without_operations_is_refused_at_its_last_line() {
    for text in ["", "\n", " ", "\r\n"] {
        assert_eq!(refusal(text), "line 1: expected an operation, found the end of the history");
    }
    assert_eq!(refusal("\n\n\n"), "line 3: expected an operation, found the end of the history");
    let nemesis = "INFO  jepsen.core - Running\nINFO  jepsen.util - :nemesis :info :start nil\n";
    assert_eq!(refusal(nemesis), "line 2: expected an operation, found the end of the history");
    let nemesis = "{:process :nemesis, :type :info, :f :start}\n";
    assert_eq!(refusal(nemesis), "line 1: expected an operation, found the end of the history");
}

#[test]
fn formats_and_kinds_have_names() {
    let formats = [Format::JepsenLog, Format::Edn, Format::JsonLines].map(|format| format.to_string());
    assert_eq!(formats, ["Jepsen log", "EDN maps", "JSON lines"]);
    assert_eq!([Kind::Register, Kind::KeyValue].map(|kind| kind.to_string()), ["register", "key-value store"]);
}

#[test]
fn a_wrapper_around_a_history_and_records_without_operations_are_named() {
    let object = r#"{"process":0,"type":"invoke","f":"read"}"#;
    let long = vec![object; 400].join(",");
    for (field, text) in [
        ("\"history\"", format!("{{\"history\":[{object}]}}")),
        ("\"history\"", format!("{{\"seed\":1,\n \"history\": [\n{long}]}}")),
        ("\"ops\"", format!("{{\"ops\":[{long}]}}")),
        (":history", "{:history [{:process 0, :type :invoke, :f :read}]}".to_string()),
        (":history", "{:history\n (#jepsen.history.Op{:process 0, :type :invoke, :f :read})}".to_string()),
    ] {
        let expected = format!("line 1: it is a wrapper: give the list of operations in {field} alone");
        assert_eq!(refusal(&text), expected, "{text}");
    }
    let header = format!("{{\"seed\":1,\"history\":[],\"config\":{{\"ops\":[{{}}]}}}}\n{object}\n");
    assert_eq!(parsed(&header).left_out.records, 1);
    let records = "{:type :ok, :value [[:append :x 1]]}\n{:type :ok, :value [[:append :x 2]]}\n";
    assert_eq!(refusal(records), "line 2: 2 records are no operations: an operation has process, type and f");
}
