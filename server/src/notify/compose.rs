//! From a message to a mail, for many receivers: what they have in common is composed once, the rest is put in.
//!
//! The common part is written with a stand-in where a receiver's own token belongs. As both have the same length and no
//! character that an encoding would change, putting the token in leaves every line as long as it was.

use std::ops::Range;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use lettre::Address;
use lettre::message::header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers};
use lettre::message::{Mailbox, Mailboxes, MultiPart, SinglePart};

use super::Message;
use super::dkim::Dkim;

/// Who we are in every mail.
pub struct Sender {
    pub address: Address,
    /// The name beside the address, whoever the mail speaks for; may be empty.
    pub name: String,
    /// The host of our links, which our Message-IDs end with.
    pub host: String,
    /// What signs, if anything does.
    pub dkim: Option<Arc<Dkim>>,
}

/// What stands in for a receiver's token, and where receivers stop mails of this kind.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub stand_in: String,
    /// With the stand-in in it.
    pub unsubscribe_url: String,
}

/// A mail without its receiver.
#[derive(Debug)]
pub struct Form {
    /// Headers but for the receiver's own, and the body. ASCII.
    common: String,
    host: String,
    dkim: Option<Arc<Dkim>>,
    token_length: usize,
    gaps: Vec<Gap>,
}

/// A piece of the stand-in: `place` in the common part holds what begins at `from` in the token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gap {
    place: Range<usize>,
    from: usize,
}

impl Form {
    /// Composes what is common. `name` stands beside our address, unless one is configured.
    pub fn new(
        sender: &Sender,
        name: &str,
        message: &Message,
        subscription: Option<&Subscription>,
    ) -> anyhow::Result<Self> {
        let stand_in = subscription.map(|subscription| subscription.stand_in.as_str());
        let common = common(sender, name, message, subscription)?;
        Ok(Self {
            gaps: stand_in
                .map(|stand_in| gaps(common.as_bytes(), stand_in.as_bytes()))
                .unwrap_or_default(),
            token_length: stand_in.unwrap_or_default().len(),
            common,
            host: sender.host.clone(),
            dkim: sender.dkim.clone(),
        })
    }

    /// The mail for one receiver, with CRLF line ends. `id` is the first part of the Message-ID; the token is one of
    /// ours: letters, digits, `-` and `_`, as many as the stand-in has.
    pub fn fill(&self, id: &str, to: &Address, token: &str) -> anyhow::Result<String> {
        ensure!(
            token.len() == self.token_length && token.bytes().all(is_plain),
            "found a token of {} characters, expected {} letters, digits, - or _",
            token.len(),
            self.token_length
        );
        let mut own = Headers::new();
        own.set(header::To::from(Mailboxes::from(Mailbox::new(None, to.clone()))));
        own.set(header::MessageId::from(format!("<{id}@{}>", self.host)));
        let mut mail = own.to_string();
        let mut end = 0;
        for Gap { place, from } in &self.gaps {
            mail.push_str(&self.common[end..place.start]);
            mail.push_str(&token[*from..from + place.len()]);
            end = place.end;
        }
        mail.push_str(&self.common[end..]);
        match &self.dkim {
            Some(dkim) => Ok(dkim.sign(&mail)? + &mail),
            None => Ok(mail),
        }
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn common(
    sender: &Sender,
    name: &str,
    message: &Message,
    subscription: Option<&Subscription>,
) -> anyhow::Result<String> {
    let name = if sender.name.is_empty() { name } else { &sender.name };
    let mut headers = Headers::new();
    let from = Mailbox::new(Some(name.to_owned()), sender.address.clone());
    headers.set(header::From::from(Mailboxes::from(from)));
    headers.set(header::Subject::from(message.subject.clone()));
    headers.set(header::Date::now());
    headers.set(header::MIME_VERSION_1_0);
    // Out-of-office robots do not answer to robots (RFC 3834).
    headers.insert_raw(raw("Auto-Submitted", "auto-generated".into()));
    if let Some(Subscription { unsubscribe_url, .. }) = subscription {
        headers.insert_raw(raw("List-Id", format!("<status.{}>", sender.host)));
        headers.insert_raw(raw("List-Unsubscribe", format!("<{unsubscribe_url}>")));
        headers.insert_raw(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    let body = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &message.text))
        .singlepart(part(ContentType::TEXT_HTML, &message.html));
    let body = String::from_utf8(body.formatted()).context("a body that is text")?;
    let mail = format!("{headers}{body}");
    ensure!(
        mail.is_ascii(),
        "found characters beyond ASCII in an encoded mail, expected none"
    );
    Ok(mail)
}

/// In base64, which a library may choose for some languages, a stand-in could not be found again.
fn part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(kind)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.to_owned())
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    // Folding would put line breaks into addresses, and some readers keep them.
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// Where the stand-in stands. A long line may be broken inside it: `=` and a line end that are not part of the text.
fn gaps(text: &[u8], stand_in: &[u8]) -> Vec<Gap> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match pieces(text, at, stand_in) {
            Some(pieces) => {
                at = pieces.last().map_or(at + 1, |last| last.place.end);
                found.extend(pieces);
            }
            None => at += 1,
        }
    }
    found
}

const SOFT_BREAK: &[u8] = b"=\r\n";

fn pieces(text: &[u8], start: usize, stand_in: &[u8]) -> Option<Vec<Gap>> {
    let mut pieces: Vec<Gap> = Vec::new();
    let mut at = start;
    for (from, byte) in stand_in.iter().enumerate() {
        let is_broken = from > 0 && text[at..].starts_with(SOFT_BREAK);
        if is_broken {
            at += SOFT_BREAK.len();
        }
        if text.get(at) != Some(byte) {
            return None;
        }
        at += 1;
        match pieces.last_mut() {
            Some(piece) if !is_broken => piece.place.end = at,
            _ => pieces.push(Gap {
                place: at - 1..at,
                from,
            }),
        }
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use mail_parser::MessageParser;
    use proptest::prelude::*;

    use super::*;

    const STAND_IN: &str = "0123456789abcdef0123456789abcdef";
    const TOKEN: &str = "AAAA_-zzAAAA_-zzAAAA_-zzAAAA_-zz";

    fn sender() -> Sender {
        Sender {
            address: "status@example.org".parse().unwrap(),
            name: String::new(),
            host: "status.example.org".into(),
            dkim: None,
        }
    }

    fn subscription(token: &str) -> Subscription {
        Subscription {
            stand_in: token.into(),
            unsubscribe_url: format!("https://status.example.org/unsubscribe/{token}"),
        }
    }

    /// A text with the token in it, wherever the words before it put it.
    fn message(before: &str, token: &str) -> Message {
        Message {
            subject: "Störung: Zahlungen".into(),
            text: format!("{before} https://status.example.org/manage/{token}\n.\n..dots\n"),
            html: format!("<p>{before}</p><a href=\"https://status.example.org/unsubscribe/{token}\">é</a>"),
        }
    }

    fn filled(before: &str) -> String {
        let form = Form::new(
            &sender(),
            "Example",
            &message(before, STAND_IN),
            Some(&subscription(STAND_IN)),
        );
        form.unwrap()
            .fill("delivery-7", &"ana@example.org".parse().unwrap(), TOKEN)
            .unwrap()
    }

    fn written_for_one(before: &str) -> String {
        let form = Form::new(
            &sender(),
            "Example",
            &message(before, TOKEN),
            Some(&subscription(TOKEN)),
        );
        form.unwrap()
            .fill("delivery-7", &"ana@example.org".parse().unwrap(), TOKEN)
            .unwrap()
    }

    /// The boundary is another in every mail; the date may be a second later.
    fn comparable(mail: &str) -> String {
        let boundary = mail.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        let lines = mail.lines().filter(|line| !line.starts_with("Date: "));
        lines.collect::<Vec<_>>().join("\n").replace(boundary, "boundary")
    }

    proptest! {
        /// Wherever lines break: what is filled in is, byte for byte, what would have been written for one receiver.
        #[test]
        fn a_filled_form_is_the_mail_written_for_one(before in "[a-zé=. ]{0,160}") {
            let (filled, written) = (filled(&before), written_for_one(&before));
            prop_assert!(!filled.contains(STAND_IN));
            prop_assert_eq!(comparable(&filled), comparable(&written));
            let parsed = MessageParser::default().parse(filled.as_bytes()).unwrap();
            let text = parsed.body_text(0).unwrap().into_owned();
            let link = format!("https://status.example.org/manage/{TOKEN}");
            prop_assert!(text.contains(&link), "{}", text);
            let html = parsed.body_html(0).unwrap().into_owned();
            prop_assert!(html.contains(&format!("/unsubscribe/{TOKEN}\"")), "{}", html);
        }
    }

    #[test]
    fn lines_do_break_inside_tokens() {
        let before = "x".repeat(20);
        let common = Form::new(
            &sender(),
            "Example",
            &message(&before, STAND_IN),
            Some(&subscription(STAND_IN)),
        );
        assert!(common.unwrap().gaps.iter().any(|gap| gap.from > 0));
    }

    #[test]
    fn headers_say_who_and_how_to_stop() {
        let mail = filled("");
        for expected in [
            "Message-ID: <delivery-7@status.example.org>\r\n",
            "To: ana@example.org\r\n",
            "From: Example <status@example.org>\r\n",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "MIME-Version: 1.0\r\n",
            &format!("List-Unsubscribe: <https://status.example.org/unsubscribe/{TOKEN}>\r\n"),
        ] {
            assert!(mail.contains(expected), "{expected} in {mail}");
        }
    }

    #[test]
    fn only_a_token_fits_into_a_form() {
        let form = Form::new(
            &sender(),
            "Example",
            &message("", STAND_IN),
            Some(&subscription(STAND_IN)),
        )
        .unwrap();
        let to = "ana@example.org".parse().unwrap();
        for wrong in ["", "short", "AAAA\r\nBcc: eve@example.org-----", &TOKEN[1..]] {
            assert!(form.fill("delivery-7", &to, wrong).is_err(), "{wrong:?}");
        }
    }
}
