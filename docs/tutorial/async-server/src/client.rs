use stormglass::prelude::*;
use stormglass::turmoil;
use stormglass::turmoil::net::TcpStream;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::server::{Note, PORT};

/// Asks any server to remember each line that the workload writes; a read asks for a line that was acknowledged.
pub async fn client(mut user: User<Note>) -> turmoil::Result {
    let nodes = user.nodes();
    let mut acknowledged: Vec<(usize, String)> = Vec::new();
    while let Some(operation) = user.next().await {
        let completion = match operation {
            Operation::Put { value, .. } => {
                let (node, line) = (user.below(nodes.len() as u64) as usize, value.to_string());
                match ask(&user, &nodes[node], format!("remember {line}\n")).await {
                    Some(_) => {
                        acknowledged.push((node, line));
                        Completion::Ok(Output::Written)
                    }
                    None => Completion::Info,
                }
            }
            _ if acknowledged.is_empty() => Completion::Fail,
            _ => {
                let (node, line) = &acknowledged[user.below(acknowledged.len() as u64) as usize];
                match ask(&user, &nodes[*node], format!("recall {line}\n")).await {
                    Some(answer) if answer == *line => Completion::Ok(Output::Value(Some((&*answer).into()))),
                    Some(_) => {
                        user.note(Note::Forgotten { node: nodes[*node].clone(), line: line.clone() });
                        Completion::Ok(Output::Value(None))
                    }
                    None => Completion::Fail,
                }
            }
        };
        user.complete(completion);
    }
    Ok(())
}

/// The answer of `node`; `None` if it does not come in time.
async fn ask(user: &User<Note>, node: &str, request: String) -> Option<String> {
    let asking = async {
        let mut stream = BufReader::new(TcpStream::connect((node, PORT)).await?);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(user.timeout(), asking).await.ok()?.ok()?;
    answer.strip_suffix('\n').map(String::from)
}
