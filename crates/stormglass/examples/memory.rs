//! A server of async code that logs with `tracing`, and a command for it: `cargo run -p stormglass
//! --features cli,tracing,turmoil --example memory -- replay 0x1`.
//!
//! The server keeps its values in memory, so a restart loses them. The log events tell why a read was wrong.

use std::collections::BTreeMap;
use std::process::ExitCode;

use stormglass::prelude::*;
use stormglass::turmoil::net::{TcpListener, TcpStream};
use stormglass::{Program, turmoil};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tracing::{Instrument, debug, info, info_span, warn};

const PORT: u16 = 7000;

/// Nobody notes anything: the rule goes by the clients' operations.
#[derive(Clone, Debug)]
enum Note {}

impl Traced for Note {}

/// Answers the lines `put KEY VALUE` and `get KEY`. The clients ask the server on n1.
async fn server(_: Host<Note>) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let mut values = BTreeMap::new();
    info!("starts with nothing");
    loop {
        let (stream, _) = listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let mut request = String::new();
        stream.read_line(&mut request).await?;
        let answer = match request.trim_end().split(' ').collect::<Vec<_>>()[..] {
            ["put", key, value] => {
                info!(key, value, "writes");
                values.insert(key.to_owned(), value.to_owned());
                "written"
            }
            ["get", key] => {
                debug!(key, "reads");
                values.get(key).map_or("", String::as_str)
            }
            _ => {
                warn!(request, "cannot read a request");
                continue;
            }
        };
        stream.write_all(format!("{answer}\n").as_bytes()).await?;
    }
}

async fn client(mut user: User<Note>) -> turmoil::Result {
    while let Some(operation) = user.next().await {
        let span = info_span!("operation", key = %operation.key());
        let asked = tokio::time::timeout(user.timeout(), ask(&operation).instrument(span)).await;
        user.complete(match asked {
            Ok(Ok(output)) => Completion::Ok(output),
            Ok(Err(_)) | Err(_) => Completion::Info,
        });
    }
    Ok(())
}

async fn ask(operation: &Operation) -> std::io::Result<Output> {
    let request = match operation {
        Operation::Put { key, value } => format!("put {key} {value}\n"),
        read => format!("get {}\n", read.key()),
    };
    let mut stream = BufReader::new(TcpStream::connect(("n1", PORT)).await?);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_line(&mut answer).await?;
    if answer.is_empty() {
        warn!("the server has hung up");
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let value = answer.trim_end();
    let is_read = operation.is_read();
    Ok(if is_read { Output::Value((!value.is_empty()).then(|| value.into())) } else { Output::Written })
}

/// Reads and writes of short values on few keys.
fn suit(plan: &mut Plan) {
    plan.workload.mix = Mix::NONE.with_get(1).with_put(1);
    (plan.workload.keys, plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (2, 1, 8);
}

pub(crate) fn main() -> ExitCode {
    stormglass::main(Program::of(AsyncSystem::new("memory", server, client).suited(suit).linearizable()))
}
