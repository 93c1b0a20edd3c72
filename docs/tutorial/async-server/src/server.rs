use stormglass::prelude::*;
use stormglass::turmoil;
use stormglass::turmoil::fs::shim::tokio::fs as files;
use stormglass::turmoil::net::{TcpListener, TcpStream};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

pub const PORT: u16 = 7000;
const MEMORY: &str = "/memory";

/// The notes of servers and clients.
#[derive(Clone, Debug)]
pub enum Note {
    /// A server is about to say that it remembers this line.
    Acknowledges(String),
    /// A server that had said so was asked, and does not know the line.
    Forgotten { node: String, line: String },
}

impl Traced for Note {}

/// One a node: it remembers the lines it is told, in a file, and echoes them.
pub async fn server(host: Host<Note>, syncs: bool) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, host.clone(), syncs));
    }
}

async fn serve(stream: TcpStream, host: Host<Note>, syncs: bool) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let answer = match request.trim_end().split_once(' ') {
        Some(("remember", line)) => {
            remember(line, syncs).await?;
            host.note(Note::Acknowledges(line.into()));
            line
        }
        Some(("recall", line)) if recalls(line).await => line,
        _ => "no",
    };
    stream.write_all(format!("{answer}\n").as_bytes()).await
}

async fn remember(line: &str, syncs: bool) -> std::io::Result<()> {
    let mut file = files::OpenOptions::new().append(true).create(true).open(MEMORY).await?;
    // The remains of a write that a power loss has cut short are then a line of their own.
    file.write_all(format!("\n{line}\n").as_bytes()).await?;
    if syncs {
        file.sync_all().await?;
        files::sync_dir("/").await?;
    }
    Ok(())
}

async fn recalls(line: &str) -> bool {
    let memory = files::read_to_string(MEMORY).await.unwrap_or_default();
    memory.lines().any(|remembered| remembered == line)
}
