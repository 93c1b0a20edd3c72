//! The lines that are left out are counted, and told.

use history::format::LeftOut;

use crate::calls::parsed;
use crate::samples;

#[test]
fn lines_that_are_left_out_are_counted_by_their_kinds() {
    let left_out = |text: &str| parsed(text).left_out;
    assert_eq!(left_out(samples::JSON_LINES), LeftOut::default());
    assert_eq!(left_out(samples::JEPSEN_LOG), LeftOut { nemesis: 1, others: 1, records: 1, ..LeftOut::default() });
    assert_eq!(left_out(samples::CONSOLE), LeftOut { others: 3, ..LeftOut::default() });
    let edn = "{:process 0, :type :invoke, :f :read}\n{:process :nemesis, :type :info}\n{:a 1}\n\
               {:process :monitor, :type :info, :f :probe}\n{:process 0, :type :info, :f :read, :index 3}\n";
    let expected = LeftOut { nemesis: 1, processes: 1, records: 1, others: 0, indices: 3 };
    assert_eq!(left_out(edn), expected);
}

#[test]
fn what_is_left_out_is_told_in_words() {
    assert_eq!(LeftOut::default().to_string(), "nothing");
    assert!(LeftOut::default().is_nothing());
    let one = LeftOut { nemesis: 1, processes: 1, records: 1, others: 1, indices: 1 };
    assert_eq!(
        one.to_string(),
        "1 nemesis line, 1 line of another process, 1 record that is no operation, 1 other line, \
         1 index that no line has"
    );
    assert_eq!(LeftOut { nemesis: 12, others: 3, ..LeftOut::default() }.to_string(), "12 nemesis lines, 3 other lines");
}
