//! The product as people run it: the binary, on a port of its own, with data that are thrown away.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use harness::{Mailbox, binary};
use tempfile::TempDir;

/// A running server. It is ended when the story is over.
pub struct Product {
    pub url: String,
    pub mailbox: Mailbox,
    child: Child,
    told: Arc<Mutex<Vec<String>>>,
    _data: TempDir,
}

impl Product {
    /// Starts an empty installation, or the demo.
    pub async fn start(arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::start();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let mut child = Command::new(binary())
            .arg("serve")
            .args(arguments)
            .env("SIGNET_HTTP__LISTEN", format!("127.0.0.1:{port}"))
            .env("SIGNET_DATA_DIR", data.path())
            .env("SIGNET_MAIL__SMTP_URL", mailbox.url())
            .env("SIGNET_MAIL__FROM", "status@acme.example")
            .current_dir(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; build it with cargo build -p server", binary()));
        let told = Arc::new(Mutex::new(Vec::new()));
        listen(&mut child, told.clone());
        let product = Self {
            url,
            mailbox,
            child,
            told,
            _data: data,
        };
        product.wait_until_ready().await;
        product
    }

    /// The link for the first owner, as it was printed.
    pub fn setup_link(&self) -> String {
        let told = self.told.lock().unwrap();
        let link = told
            .iter()
            .find_map(|line| line.split_whitespace().find(|word| word.contains("/admin/setup#")));
        link.expect("a setup link in what the server printed").to_owned()
    }

    async fn wait_until_ready(&self) {
        let client = reqwest::Client::new();
        crate::browser::until("the server answers", async || {
            client
                .get(format!("{}/health/ready", self.url))
                .send()
                .await
                .is_ok_and(|response| response.status().is_success())
        })
        .await;
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(child: &mut Child, told: Arc<Mutex<Vec<String>>>) {
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            told.lock().unwrap().push(line);
        }
    });
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
