//! A history in each format. When its end is missing, no line of an operation is one any more.

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
