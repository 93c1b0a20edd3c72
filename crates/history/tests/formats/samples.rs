//! A history in each format. When its end is missing, no line of an operation is one any more.
//!
//! Those in `ALL` have a line for each event; those in `MORE` do not.

/// A register, between other things that a log says.
pub(crate) const JEPSEN_LOG: &str = "\
INFO  jepsen.core - Running test:
{:name \"register\",
 :concurrency 3}
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 1\t:invoke\t:write\t4
INFO  jepsen.util - 0\t:ok\t:read\tnil
INFO  jepsen.util - :nemesis\t:info\t:start\tnil
INFO  jepsen.util - 2\t:invoke\t:cas\t[4 0]
INFO  jepsen.util - 1\t:ok\t:write\t4
INFO  jepsen.util - 2\t:fail\t:cas\t[4 0]
INFO  jepsen.util - 1\t:invoke\t:cas\t[4 3]
INFO  jepsen.util - 2\t:invoke\t:read\tnil
INFO  jepsen.util - 2\t:ok\t:read\t4
INFO  jepsen.util - 1\t:ok\t:cas\t[4 3]
";

/// Keys and their values.
pub(crate) const EDN: &str = r#"{:process 0, :type :invoke, :f :append, :key "0", :value "x 0 0 y"}
{:process 1, :type :invoke, :f :get, :key "7", :value nil}
{:process 0, :type :ok, :f :append, :key "0", :value "x 0 0 y"}
{:process 1, :type :ok, :f :get, :key "7", :value ""}
{:process 0, :type :invoke, :f :put, :key "0", :value "new\tand \"quoted\""}
{:process 1, :type :invoke, :f :cas, :key "0", :value ["x 0 0 y" "z"]}
{:process 1, :type :info, :f :cas, :key "0", :value :timed-out}
"#;

/// Keys and their values, with times and the numbers of events.
pub(crate) const JSON_LINES: &str = r#"{"process":1,"type":"invoke","f":"put","key":"k1","value":"c1-1.","time":1234,"order":56}
{"process":2,"type":"invoke","f":"cas","key":"k1","value":[null,"c2-1."],"time":1300,"order":57}
{"process":1,"type":"ok","f":"put","key":"k1","time":1234,"order":60}
{"process":2,"type":"ok","f":"cas","key":"k1","swapped":false,"time":2000,"order":61}
{"process":1,"type":"invoke","f":"get","key":"k1","time":2001,"order":62}
{"process":1,"type":"ok","f":"get","key":"k1","value":[255,0],"time":3001,"order":63}
{"process":2,"type":"invoke","f":"delete","key":"k1","value":null,"time":3002,"order":64}
"#;

pub(crate) const ALL: [&str; 3] = [JEPSEN_LOG, EDN, JSON_LINES];

/// A console log of keys, in the layout of Maelstrom.
pub(crate) const CONSOLE: &str = "\
INFO [2021-02-26 23:39:01,255] jepsen test runner - jepsen.core Relative time begins now
INFO [2021-02-26 23:39:01,300] jepsen worker 1 - jepsen.util 1\t:invoke\t:write\t[0 2]
INFO [2021-02-26 23:39:01,303] node n1 - maelstrom.process Received {:src \"c3\"}
INFO [2021-02-26 23:39:01,305] jepsen worker 1 - jepsen.util 1\t:ok\t:write\t[0 2]
INFO [2021-02-26 23:39:01,526] jepsen worker 0 - jepsen.util 0\t:invoke\t:cas\t[0 [2 nil]]
INFO [2021-02-26 23:39:01,527] jepsen worker 0 - jepsen.util 0\t:fail\t:cas\t[0 [2 nil]]

Everything looks good! \u{30fd}
";

/// A vector over lines, with all that EDN has.
pub(crate) const VECTOR: &str = r#"; a history
[#jepsen.history.Op{:index 0, :time 1.5e3, :type :invoke, :process 0,
  :f :write, :value 3}
 #_{:index 9 #_:no :type} {:process :nemesis, :type :info, :value #{##NaN [1 #inst "2024"] \a \( "\u00e9"}}
 {:type :ok, :f :write, :value 3, :process 0 :index 1}, {:process 1 :type :invoke :f :read}]
"#;

/// Objects in an array, in the words of another tool.
pub(crate) const ARRAY: &str = r#" [
  {"event": "call", "op": "PUT", "client": "a", "key": 7, "value": [1, 2.5, {"x": null}], "skipped": true},
  {"event": "call", "op": "PUT", "client": "a", "key": 7, "value": "\ud83d\ude00"},
  {"event": "return", "op": "PUT", "client": "a"}, {"process": null}
]
"#;

/// Jepsen's `history.txt`.
pub(crate) const HISTORY_TEXT: &str = "\
:nemesis\t:info\t:start\t[:isolated {\"n0\" #{\"n2\"}}]
0\t:invoke\t:write\t1
1\t:invoke\t:read\tnil
0\t:ok\t:write\t1
";

pub(crate) const MORE: [&str; 4] = [CONSOLE, VECTOR, ARRAY, HISTORY_TEXT];
