//! A small mail server on loopback: it keeps what it is given, and refuses when a story says so.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use mail_parser::{HeaderValue, MessageParser};
use mailin_embedded::response::{INTERNAL_ERROR, NO_MAILBOX, OK};
use mailin_embedded::{Handler, Response, Server, SslConfig};

/// More than one process ever opens at once, since each connection holds a thread.
const CONNECTIONS: u32 = 64;

/// What arrived, as a person's mail program would show it.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub from: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl Letter {
    /// The value of a header, on one line.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(self.raw.as_bytes())?;
        message.header_raw(name).map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The first link in the text that contains `part`, such as `/confirm/`.
    pub fn link(&self, part: &str) -> String {
        self.text
            .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')'))
            .find(|word| word.starts_with("http") && word.contains(part))
            .unwrap_or_else(|| panic!("a link with {part} in: {}", self.text))
            .to_owned()
    }
}

/// How the server answers a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes everything.
    Willing,
    /// "Try again later" (4xx).
    Busy,
    /// "No such mailbox" (5xx).
    Refusing,
}

#[derive(Default)]
struct State {
    letters: Vec<Letter>,
    moods: Vec<(String, Mood)>,
}

/// The mail server of one story.
#[derive(Clone)]
pub struct Mailbox {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Mailbox {
    /// Starts on a free port. It ends with the process, and each story is a process.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mailbox = Self { address, state: Arc::default() };
        let mut server = Server::new(Post { state: mailbox.state.clone(), ..Post::default() });
        server.with_name("mailbox.test").with_ssl(SslConfig::None).expect("no TLS");
        server.with_num_threads(CONNECTIONS).with_tcp_listener(listener);
        thread::spawn(move || server.serve().map_err(|error| eprintln!("mailbox: {error}")));
        mailbox
    }

    /// For `mail.smtp_url`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on, how recipients whose address contains `part` are answered; an empty `part` is everyone.
    pub fn answer(&self, part: &str, mood: Mood) {
        self.lock().moods.insert(0, (part.to_owned(), mood));
    }

    /// All that arrived, in order.
    pub fn letters(&self) -> Vec<Letter> {
        self.lock().letters.clone()
    }

    /// What arrived for one address, in order.
    pub fn to(&self, address: &str) -> Vec<Letter> {
        self.letters().into_iter().filter(|letter| letter.to == address).collect()
    }

    /// The last that arrived for an address.
    pub fn last_to(&self, address: &str) -> Letter {
        self.to(address).pop().unwrap_or_else(|| panic!("no mail for {address}; there is {:?}", self.summary()))
    }

    pub fn is_empty(&self) -> bool {
        self.lock().letters.is_empty()
    }

    pub fn len(&self) -> usize {
        self.lock().letters.len()
    }

    /// Forgets what arrived, so that a story can look at what comes next.
    pub fn clear(&self) {
        self.lock().letters.clear();
    }

    fn summary(&self) -> Vec<String> {
        self.letters().iter().map(|letter| format!("{}: {}", letter.to, letter.subject)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One conversation with a sender.
#[derive(Clone, Default)]
struct Post {
    state: Arc<Mutex<State>>,
    to: Vec<String>,
    body: Vec<u8>,
}

impl Post {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handler for Post {
    fn mail(&mut self, _ip: std::net::IpAddr, _domain: &str, _from: &str) -> Response {
        self.to.clear();
        self.body.clear();
        OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let mood = self.lock().moods.iter().find(|(part, _)| to.contains(part.as_str())).map(|(_, mood)| *mood);
        match mood.unwrap_or(Mood::Willing) {
            Mood::Willing => {
                self.to.push(to.to_owned());
                OK
            }
            Mood::Busy => INTERNAL_ERROR,
            Mood::Refusing => NO_MAILBOX,
        }
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let letters: Vec<Letter> = self.to.iter().map(|to| letter(to, &self.body)).collect();
        self.lock().letters.extend(letters);
        OK
    }
}

fn letter(to: &str, raw: &[u8]) -> Letter {
    let message = MessageParser::default().parse(raw).unwrap_or_default();
    let from = match message.header("From") {
        Some(HeaderValue::Address(address)) => {
            address.first().and_then(|one| one.address()).unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    Letter {
        to: to.to_owned(),
        from,
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        raw: String::from_utf8_lossy(raw).into_owned(),
    }
}
