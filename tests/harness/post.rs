//! The mail server of stories at its door: as much of RFC 5321 as a client on loopback needs, and ways to misbehave.
//!
//! An embedded server from elsewhere would want to be polite.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::mailbox::{LOGIN, Mailbox, Manner, Mood, Protection};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Wire = BufReader<Box<dyn Stream>>;

/// Answers for ever.
pub async fn serve(mailbox: Mailbox, listener: std::net::TcpListener) {
    let mut wanted = mailbox.wanted.subscribe();
    let talking = Arc::new(AtomicUsize::new(0));
    let mut door = Some(open(listener));
    loop {
        tokio::select! {
            Some(stream) = arrival(door.as_ref()) => {
                let talk = converse(mailbox.clone(), stream, talking.clone());
                // A client that goes away in the middle is not our affair.
                tokio::spawn(talk);
            }
            changed = wanted.changed() => {
                if changed.is_err() {
                    return;
                }
                let manner = *wanted.borrow_and_update();
                match (manner, &door) {
                    (Manner::Absent, _) => door = None,
                    (_, None) => door = Some(open(std::net::TcpListener::bind(mailbox.address).expect("our port"))),
                    (_, Some(_)) => {}
                }
                mailbox.manner.send_replace(manner);
            }
        }
    }
}

fn open(listener: std::net::TcpListener) -> TcpListener {
    listener.set_nonblocking(true).expect("a socket that does not block");
    TcpListener::from_std(listener).expect("a listener")
}

async fn arrival(door: Option<&TcpListener>) -> Option<TcpStream> {
    match door {
        Some(door) => door.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

/// Counts those inside, and forgets them when they leave.
struct Guest(Arc<AtomicUsize>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn converse(mailbox: Mailbox, stream: TcpStream, talking: Arc<AtomicUsize>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let others = talking.fetch_add(1, Ordering::SeqCst);
    let _guest = Guest(talking);
    let mut wire: Wire = match mailbox.protection {
        Protection::FromTheStart => BufReader::new(Box::new(mailbox.seal.acceptor.accept(stream).await?)),
        Protection::None | Protection::Offered | Protection::OfferedWithLogin => BufReader::new(Box::new(stream)),
    };
    let manner = *mailbox.manner.borrow();
    match manner {
        Manner::Silent => return silence(wire).await,
        Manner::Crowded(most) if others >= most => {}
        _ => return talk(&mailbox, wire).await,
    }
    say(&mut wire, "421 too many people here").await
}

/// Until the other side loses patience.
async fn silence(mut wire: Wire) -> std::io::Result<()> {
    tokio::io::copy(&mut wire, &mut tokio::io::sink()).await.map(drop)
}

async fn talk(mailbox: &Mailbox, mut wire: Wire) -> std::io::Result<()> {
    say(&mut wire, "220 mailbox.test").await?;
    let mut is_protected = matches!(mailbox.protection, Protection::FromTheStart | Protection::None);
    let mut is_known = mailbox.protection != Protection::OfferedWithLogin;
    let mut to = Vec::new();
    let mut line = String::new();
    while read(&mut wire, &mut line).await? && *mailbox.manner.borrow() != Manner::Absent {
        let verb: String = line.chars().take_while(char::is_ascii_alphabetic).collect();
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" if !is_protected => "250-mailbox.test\r\n250-PIPELINING\r\n250 STARTTLS",
            "EHLO" if !is_known => "250-mailbox.test\r\n250-PIPELINING\r\n250 AUTH PLAIN",
            "EHLO" => "250-mailbox.test\r\n250 PIPELINING",
            "STARTTLS" if !is_protected => {
                say(&mut wire, "220 go on").await?;
                wire = BufReader::new(Box::new(mailbox.seal.acceptor.accept(wire.into_inner()).await?));
                is_protected = true;
                continue;
            }
            "AUTH" if is_protected => {
                is_known = line.trim_end().strip_prefix("AUTH PLAIN ") == Some(plain_login().as_str());
                if is_known { "235 welcome" } else { "535 who?" }
            }
            "MAIL" if !is_known => "530 who are you?",
            "MAIL" | "RSET" => {
                to.clear();
                "250 ok"
            }
            "RCPT" => recipient(mailbox, between_brackets(&line), &mut to),
            "DATA" if to.is_empty() => "554 no recipients",
            "DATA" => {
                say(&mut wire, "354 go on").await?;
                if *mailbox.manner.borrow() == Manner::HangsUpHalfWay {
                    return read(&mut wire, &mut line).await.map(drop);
                }
                let body = body(&mut wire).await?;
                if *mailbox.manner.borrow() == Manner::HangsUpAtTheEnd {
                    return Ok(());
                }
                mailbox.keep(std::mem::take(&mut to), &body);
                if *mailbox.manner.borrow() == Manner::HangsUpAfterEach {
                    return say(&mut wire, "250 kept, and bye").await;
                }
                "250 kept"
            }
            "NOOP" => "250 ok",
            "QUIT" => return say(&mut wire, "221 bye").await,
            _ => "502 what?",
        };
        say(&mut wire, answer).await?;
    }
    Ok(())
}

/// Name and password as `AUTH PLAIN` sends them (RFC 4616).
fn plain_login() -> String {
    BASE64_STANDARD.encode(format!("\0{}\0{}", LOGIN.0, LOGIN.1))
}

fn recipient(mailbox: &Mailbox, address: &str, to: &mut Vec<String>) -> &'static str {
    match mailbox.mood(address) {
        Mood::Willing => {
            to.push(address.to_owned());
            "250 ok"
        }
        Mood::Busy => "451 later, please",
        Mood::Refusing => "550 no such mailbox",
    }
}

async fn say(wire: &mut Wire, line: &str) -> std::io::Result<()> {
    wire.write_all(format!("{line}\r\n").as_bytes()).await?;
    wire.flush().await
}

/// The next line; `false` when the client has gone.
async fn read(wire: &mut Wire, line: &mut String) -> std::io::Result<bool> {
    line.clear();
    Ok(wire.read_line(line).await? > 0)
}

/// All up to the dot that stands alone, with doubled dots undone. Half a mail is none.
async fn body(wire: &mut Wire) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut line = Vec::new();
    loop {
        if wire.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(body);
        }
        body.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        line.clear();
    }
}

fn between_brackets(line: &str) -> &str {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(address, _)| address)
}
