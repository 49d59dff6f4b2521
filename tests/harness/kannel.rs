//! A Kannel of one's own: a bearerbox, a smsbox, and a network of phones that is a program writing down what it was given.

use std::path::Path;
use std::process::Child;

use tempfile::TempDir;

use crate::servers::{dying_with_us, free_port, kill, spawn};
use crate::until;

/// Where Debian keeps the network that is none.
const NETWORK: &str = "/usr/lib/kannel/test/fakesmsc";
/// Name and password of who may send.
pub const LOGIN: (&str, &str) = ("signet", "kannel-secret");

/// A gateway for text messages.
pub struct Kannel {
    folder: TempDir,
    port: u16,
    running: Vec<Child>,
}

impl Kannel {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [admin, boxes, network, port] = [(); 4].map(|()| free_port());
        std::fs::write(folder.path().join("kannel.conf"), settings(admin, boxes, network, port)).expect("a file");
        let mut kannel = Self {
            folder,
            port,
            running: Vec::new(),
        };
        kannel.begin("bearerbox", &["kannel.conf"]);
        listens(boxes).await;
        // Phones that write nothing themselves: 0 messages of the kind that has to be named all the same.
        let network_port = network.to_string();
        let mut phones = vec!["-H", "127.0.0.1", "-r", &network_port, "-i", "1000"];
        phones.extend(["-m", "0", "1 2 text x"]);
        listens(network).await;
        kannel.begin(NETWORK, &phones);
        kannel.begin("smsbox", &["kannel.conf"]);
        listens(port).await;
        kannel
    }

    /// The address to send at, with its gaps.
    pub fn url(&self) -> String {
        format!(
            "http://127.0.0.1:{}/cgi-bin/sendsms?username={}&password={}&charset=UTF-8&coding={{coding}}&from={{from}}&to={{to}}&text={{text}}",
            self.port, LOGIN.0, LOGIN.1
        )
    }

    /// Waits until phones were given so many parts, and gives them as they were written down.
    pub async fn parts(&self, count: usize) -> Vec<String> {
        let log = self.folder.path().join("fakesmsc.log");
        until("the phones get their parts", async || parts(&log).len() >= count).await;
        parts(&log)
    }

    fn begin(&mut self, program: &str, arguments: &[&str]) {
        let name = Path::new(program).file_name().expect("a name").display().to_string();
        let mut command = dying_with_us(program);
        command.args(arguments).current_dir(self.folder.path());
        self.running
            .push(spawn(&mut command, &self.folder.path().join(format!("{name}.log"))));
    }
}

impl Drop for Kannel {
    fn drop(&mut self) {
        for process in self.running.drain(..).rev() {
            kill(Some(process));
        }
    }
}

/// `… Got message 1: <Example +491511234567 text Hello>`
fn parts(log: &Path) -> Vec<String> {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let part = |line: &str| {
        Some(
            line.split_once("Got message ")?
                .1
                .split_once('<')?
                .1
                .trim_end_matches('>')
                .to_owned(),
        )
    };
    text.lines().filter_map(part).collect()
}

async fn listens(port: u16) {
    until("it listens", async || {
        tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    })
    .await;
}

fn settings(admin: u16, boxes: u16, network: u16, port: u16) -> String {
    let (name, password) = LOGIN;
    format!(
        "group = core\nadmin-port = {admin}\nadmin-password = x\nsmsbox-port = {boxes}\nbox-allow-ip = \"127.0.0.1\"\n\n\
         group = smsc\nsmsc = fake\nsmsc-id = phones\nhost = 127.0.0.1\nport = {network}\nconnect-allow-ip = 127.0.0.1\n\n\
         group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = {port}\n\n\
         group = sendsms-user\nusername = {name}\npassword = {password}\nmax-messages = 10\nconcatenation = true\n\n\
         group = sms-service\nkeyword = default\ntext = \"nobody\"\n"
    )
}
