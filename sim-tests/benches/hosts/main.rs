//! The cost of hosts that run plain programs, beside plain turmoil: `cargo bench -p sim-tests --bench hosts`.
//!
//! Five hosts for a simulated minute, in steps of 1 ms, with latencies of 1 to 10 ms: idle, each waiting for connections;
//! and heartbeating, each sending 8 bytes every 50 ms over one TCP connection to each of the others, which are answered.
//! CPU time of one thread, the least of several rounds, since other work on the machine can only add to it.

mod ours;
mod turmoils;

use std::io::{self, Write};
use std::time::Duration;

use explore::cost::CpuClock;

/// The simulated time.
const SPAN: Duration = Duration::from_secs(60);
/// Between two heartbeats of a host.
const HEARTBEAT: Duration = Duration::from_millis(50);
const LATENCIES_MS: (u64, u64) = (1, 10);
const PORT: u16 = 7_000;
const ROUNDS: usize = 5;

fn main() -> io::Result<()> {
    let head = ["five hosts", "turmoil 0.7.2, sim s/CPU s", "stormglass, sim s/CPU s", "times"];
    writeln!(io::stdout(), "{:<14}{:>28}{:>26}{:>8}", head[0], head[1], head[2], head[3])?;
    for is_idle in [true, false] {
        let turmoil = speed(|| turmoils::run(is_idle));
        let ours = speed(|| ours::run(is_idle));
        let what = if is_idle { "idle" } else { "heartbeating" };
        writeln!(io::stdout(), "{what:<14}{turmoil:>28.0}{ours:>26.0}{:>8.1}", ours / turmoil)?;
    }
    Ok(())
}

/// Simulated seconds a CPU second.
fn speed(run: impl Fn()) -> f64 {
    let took = |_| {
        let clock = CpuClock::start();
        run();
        clock.elapsed()
    };
    let least = (0..ROUNDS).map(took).min().expect("there are rounds");
    SPAN.as_secs_f64() / least.as_secs_f64()
}

/// The programs, the same on both networks.
macro_rules! programs {
    ($net:path) => {
        use $net as net;

        use tokio::io::{AsyncReadExt, AsyncWriteExt};

        use crate::{HEARTBEAT, PORT};

        /// Answers each heartbeat.
        pub(crate) async fn listens() -> std::io::Result<()> {
            let listener = net::TcpListener::bind(("0.0.0.0", PORT)).await?;
            loop {
                let (mut stream, _) = listener.accept().await?;
                tokio::spawn(async move {
                    let mut beat = [0; 8];
                    while stream.read_exact(&mut beat).await.is_ok() {
                        stream.write_all(&beat).await?;
                    }
                    std::io::Result::Ok(())
                });
            }
        }

        /// Sends heartbeats to a host.
        pub(crate) async fn beats(peer: String) -> std::io::Result<()> {
            let mut stream = net::TcpStream::connect((peer.as_str(), PORT)).await?;
            for number in 0_u64.. {
                stream.write_all(&number.to_le_bytes()).await?;
                let mut beat = [0; 8];
                stream.read_exact(&mut beat).await?;
                tokio::time::sleep(HEARTBEAT).await;
            }
            Ok(())
        }

        /// A host: it listens, and sends heartbeats to these.
        pub(crate) async fn host(peers: Vec<String>) -> std::io::Result<()> {
            for peer in peers {
                tokio::spawn(async move {
                    // Until the other listens.
                    tokio::time::sleep(HEARTBEAT).await;
                    beats(peer).await
                });
            }
            listens().await
        }
    };
}
use programs;
