//! A Prometheus for stories: it answers what it is told to, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Longer than what we ask, shorter than what fills a test's memory.
const REQUEST_MAX: usize = 64 * 1024;

/// A server on a loopback port, until the story ends.
#[derive(Clone)]
pub struct FakePrometheus {
    /// Its address, without a slash at the end.
    pub url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// All that is sent after `HTTP/1.1 `.
    answer: String,
    requests: Vec<String>,
}

impl FakePrometheus {
    /// Answers with one number from the start.
    pub async fn start(value: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fake = Self {
            url,
            state: Arc::default(),
        };
        fake.gives(value);
        tokio::spawn(fake.clone().serve(listener));
        fake
    }

    /// From now on its query gives one number.
    pub fn gives(&self, value: &str) {
        let body = format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[1795514400.5,"{value}"]}}]}}}}"#
        );
        self.answers("200 OK", &body);
    }

    /// From now on it answers this, whatever it is asked. `status` may have more lines of the head.
    pub fn answers(&self, status: &str, body: &str) {
        let answer = format!("{status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.state.lock().expect("no panic").answer = answer;
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().expect("no panic").requests.clone()
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().answer(stream));
        }
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") && head.len() < REQUEST_MAX {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let answer = {
            let mut state = self.state.lock().expect("no panic");
            state.requests.push(String::from_utf8_lossy(&head).into_owned());
            format!("HTTP/1.1 {}", state.answer)
        };
        // Whoever asked may be gone.
        stream.write_all(answer.as_bytes()).await.ok();
    }
}
