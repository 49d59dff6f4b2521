//! A mail server of a story's own: what arrived there, and how it is to behave. [`crate::post`] speaks for it.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mail_parser::MessageParser;
use tokio::sync::watch;

use crate::post;
use crate::seal::Seal;

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

/// How the server treats everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Polite,
    /// Nobody listens: connections are refused.
    Absent,
    /// It lets people in and never says a word.
    Silent,
    /// It talks to so many at a time, and greets others with 421.
    Crowded(usize),
    /// It hangs up when it has heard the first lines of a mail.
    HangsUpHalfWay,
    /// It hangs up when it has heard the mail, and keeps nothing.
    HangsUpAtTheEnd,
    /// It keeps the mail, says so, and hangs up.
    HangsUpAfterEach,
}

/// Name and password that [`Protection::OfferedWithLogin`] asks for.
pub const LOGIN: (&str, &str) = ("signet", "s3cret");

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    None,
    /// `STARTTLS` is offered.
    Offered,
    /// `STARTTLS` is offered, and mail is taken from those who then sign in as [`LOGIN`].
    OfferedWithLogin,
    /// TLS from the first byte.
    FromTheStart,
}

#[derive(Default)]
struct State {
    letters: Vec<Letter>,
    moods: Vec<(String, Mood)>,
}

/// The mail server of one story.
#[derive(Clone)]
pub struct Mailbox {
    pub(crate) address: SocketAddr,
    pub(crate) protection: Protection,
    pub(crate) seal: Arc<Seal>,
    /// What a story wants, and what the server has heard of it.
    pub(crate) wanted: Arc<watch::Sender<Manner>>,
    pub(crate) manner: Arc<watch::Sender<Manner>>,
    state: Arc<Mutex<State>>,
    count: Arc<watch::Sender<usize>>,
}

impl Mailbox {
    /// Starts without TLS.
    pub fn start() -> Self {
        Self::start_with(Protection::None)
    }

    /// Starts on a free port, on a thread of its own, so that it answers while a story blocks. It ends with the process.
    pub fn start_with(protection: Protection) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mailbox = Self {
            address: listener.local_addr().expect("an address"),
            protection,
            seal: Arc::new(Seal::new()),
            wanted: Arc::new(watch::Sender::new(Manner::Polite)),
            manner: Arc::new(watch::Sender::new(Manner::Polite)),
            state: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
        };
        let post = mailbox.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(post::serve(post, listener));
        });
        mailbox
    }

    /// From now on, how it treats everyone; when this returns, it does.
    pub async fn behave(&self, manner: Manner) {
        let mut heard = self.manner.subscribe();
        self.wanted.send_replace(manner);
        heard
            .wait_for(|heard| *heard == manner)
            .await
            .expect("a server that runs");
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

    /// Keeps a mail for each of these people.
    pub(crate) fn keep(&self, to: Vec<String>, body: &[u8]) {
        let count = {
            let mut state = self.lock();
            state.letters.extend(to.into_iter().map(|to| letter(to, body)));
            state.letters.len()
        };
        self.count.send_replace(count);
    }

    /// How a recipient is answered.
    pub(crate) fn mood(&self, address: &str) -> Mood {
        let state = self.lock();
        let wish = state.moods.iter().find(|(part, _)| address.contains(part.as_str()));
        wish.map_or(Mood::Willing, |(_, mood)| *mood)
    }

    /// For `mail.smtp_url`.
    pub fn url(&self) -> String {
        match self.protection {
            Protection::None | Protection::Offered => format!("smtp://{}", self.address),
            Protection::OfferedWithLogin => format!("smtp://{}:{}@{}", LOGIN.0, LOGIN.1, self.address),
            Protection::FromTheStart => format!("smtps://{}", self.address),
        }
    }

    /// The certificate of the authority that vouches for it, for `mail.ca_file`.
    pub fn authority(&self) -> &str {
        &self.seal.authority
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
