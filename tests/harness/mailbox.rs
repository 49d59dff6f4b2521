//! A small mail server on loopback: it keeps what it is given, and refuses when a story says so.
//!
//! It speaks as much of RFC 5321 as a client on loopback needs. An embedded server from elsewhere would bring TLS with it
//! and change the features that the whole workspace is built with.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long mail may take before a story calls it lost.
const PATIENCE: Duration = Duration::from_secs(90);

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
        message
            .header_raw(name)
            .map(|value| value.split_whitespace().collect::<Vec<_>>().join(" "))
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
    count: Arc<watch::Sender<usize>>,
}

impl Mailbox {
    /// Starts on a free port, on a thread of its own, so that it answers while a story blocks. It ends with the process.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let mailbox = Self {
            address: listener.local_addr().expect("an address"),
            state: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        };
        let post = mailbox.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async { post.serve(TcpListener::from_std(listener).expect("a listener")).await });
        });
        mailbox
    }

    /// Waits until so many letters have arrived, repeated ones counted.
    pub async fn holds(&self, count: usize) {
        self.comes_to(|state| state.letters.len() >= count).await;
    }

    /// Waits until letters for so many different people have arrived.
    pub async fn reaches(&self, people: usize) {
        let reached = |state: &State| {
            state
                .letters
                .iter()
                .map(|letter| letter.to.as_str())
                .collect::<HashSet<_>>()
                .len()
                >= people
        };
        self.comes_to(reached).await;
    }

    async fn comes_to(&self, is_so: impl Fn(&State) -> bool) {
        let mut count = self.count.subscribe();
        let wait = count.wait_for(|_| is_so(&self.lock()));
        let waited = tokio::time::timeout(PATIENCE, wait).await.map(drop);
        assert!(
            waited.is_ok(),
            "after {PATIENCE:?} there are {} letters",
            self.lock().letters.len()
        );
    }

    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that goes away in the middle is not our affair.
            tokio::spawn(self.clone().converse(stream));
        }
    }

    async fn converse(self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let mut to = Vec::new();
        say(&mut stream, "220 mailbox.test").await?;
        let mut line = String::new();
        while read(&mut stream, &mut line).await? {
            let verb: String = line
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect::<String>()
                .to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" | "HELO" => "250 mailbox.test",
                "MAIL" | "RSET" => {
                    to.clear();
                    "250 ok"
                }
                "RCPT" => self.recipient(between_brackets(&line), &mut to),
                "DATA" if to.is_empty() => "554 no recipients",
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    let body = body(&mut stream).await?;
                    let count = {
                        let mut state = self.lock();
                        state.letters.extend(to.drain(..).map(|to| letter(to, &body)));
                        state.letters.len()
                    };
                    self.count.send_replace(count);
                    "250 kept"
                }
                "NOOP" => "250 ok",
                "QUIT" => {
                    say(&mut stream, "221 bye").await?;
                    break;
                }
                _ => "502 what?",
            };
            say(&mut stream, answer).await?;
        }
        Ok(())
    }

    fn recipient(&self, address: &str, to: &mut Vec<String>) -> &'static str {
        let mood = self
            .lock()
            .moods
            .iter()
            .find(|(part, _)| address.contains(part.as_str()))
            .map(|(_, mood)| *mood);
        match mood.unwrap_or(Mood::Willing) {
            Mood::Willing => {
                to.push(address.to_owned());
                "250 ok"
            }
            Mood::Busy => "451 later, please",
            Mood::Refusing => "550 no such mailbox",
        }
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
        self.letters()
            .into_iter()
            .filter(|letter| letter.to == address)
            .collect()
    }

    /// The last that arrived for an address.
    pub fn last_to(&self, address: &str) -> Letter {
        self.to(address)
            .pop()
            .unwrap_or_else(|| panic!("no mail for {address}; there is {:?}", self.summary()))
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
        self.letters()
            .iter()
            .map(|letter| format!("{}: {}", letter.to, letter.subject))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await
}

/// The next line; `false` when the client has gone.
async fn read(stream: &mut BufReader<TcpStream>, line: &mut String) -> std::io::Result<bool> {
    line.clear();
    Ok(stream.read_line(line).await? > 0)
}

/// All up to the dot that stands alone, with doubled dots undone.
async fn body(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).await? > 0 && line != b".\r\n" {
        body.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        line.clear();
    }
    Ok(body)
}

fn between_brackets(line: &str) -> &str {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(address, _)| address)
}

fn letter(to: String, raw: &[u8]) -> Letter {
    let message = MessageParser::default().parse(raw).unwrap_or_default();
    let from = message
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.address());
    Letter {
        to,
        from: from.unwrap_or_default().to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        raw: String::from_utf8_lossy(raw).into_owned(),
    }
}
