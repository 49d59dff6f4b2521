//! The other side of the channels that are reached by HTTP: it answers as it is told to, path by path, and remembers what came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What came.
#[derive(Debug, Clone)]
pub struct Call {
    pub path: String,
    /// Names in small letters.
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// A receiver on a loopback port, until the story ends.
#[derive(Clone)]
pub struct Receiver {
    /// Without a slash at the end.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By a part of the path: the status line with more lines of the head.
    answers: Vec<(String, String)>,
    calls: Vec<Call>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let receiver = Self {
            url: format!("http://{}", listener.local_addr().expect("an address")),
            state: Arc::default(),
        };
        tokio::spawn(receiver.clone().serve(listener));
        receiver
    }

    /// From now on what is sent to such a path is answered so: `503 Busy\r\nretry-after: 120`. All else is taken.
    pub fn answers(&self, path: &str, head: &str) {
        let mut state = self.state.lock().expect("no panic");
        state.answers.retain(|(known, _)| known != path);
        state.answers.push((path.to_owned(), head.to_owned()));
    }

    /// All that came to such paths, oldest first.
    pub fn calls(&self, path: &str) -> Vec<Call> {
        let state = self.state.lock().expect("no panic");
        state
            .calls
            .iter()
            .filter(|call| call.path.contains(path))
            .cloned()
            .collect()
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().converse(stream));
        }
    }

    /// One request; whoever asked may be gone before it is whole.
    async fn converse(self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut first = String::new();
        stream.read_line(&mut first).await.ok()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers
            .get("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let head = self.note(Call {
            path,
            headers,
            body: String::from_utf8(body).ok()?,
        });
        let body = r#"{"ok":true,"ts":"1","result":{"message_id":1},"id":"1","event_id":"$1","messages":[{"status":"0"}],"sid":"SM1"}"#;
        let answer = format!(
            "HTTP/1.1 {head}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()
    }

    fn note(&self, call: Call) -> String {
        let mut state = self.state.lock().expect("no panic");
        let told = state.answers.iter().find(|(path, _)| call.path.contains(path.as_str()));
        let head = told.map_or_else(|| "200 OK".to_owned(), |(_, head)| head.clone());
        state.calls.push(call);
        head
    }
}
