//! Twilio. <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>

use anyhow::ensure;
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::post::{Keys, Post, judge, value};
use super::super::{Receipt, SendError, Sent, base};
use super::{SmsGateway, Text};
use crate::config::{self, Secret};
use crate::outbound::Outbound;

pub struct Twilio {
    outbound: Outbound,
    url: String,
    account_sid: String,
    auth_token: Secret,
}

impl Twilio {
    pub fn new(config: &config::Twilio, outbound: Outbound) -> anyhow::Result<Self> {
        let auth_token = config
            .auth_token
            .or_file(&config.auth_token_file, "sms.twilio.auth_token")?;
        ensure!(
            !config.account_sid.is_empty(),
            "sms.twilio.account_sid: found nothing, expected the id of the account (AC…)"
        );
        ensure!(
            !auth_token.is_empty(),
            "sms.twilio.auth_token: found nothing, expected the account's token"
        );
        let api = base(&config.api_url);
        Ok(Self {
            outbound,
            url: format!("{api}/2010-04-01/Accounts/{}/Messages.json", config.account_sid),
            account_sid: config.account_sid.clone(),
            auth_token,
        })
    }
}

#[async_trait]
impl SmsGateway for Twilio {
    async fn send(&self, text: Text<'_>) -> Sent {
        let sender = if text.from.starts_with("MG") {
            "MessagingServiceSid"
        } else {
            "From"
        };
        let fields = [("To", text.to), (sender, text.from), ("Body", text.text)];
        let pass = STANDARD.encode(format!("{}:{}", self.account_sid, self.auth_token.reveal()));
        let post = Post::form(&self.outbound, &self.url, &fields).authorized(&format!("Basic {pass}"))?;
        let reply = post.send().await?;
        let answer = value(&reply);
        if let Err(error) = judge(&reply, Keys::Ours) {
            return Err(explained(error, answer["code"].as_u64(), answer["message"].as_str()));
        }
        Ok(Receipt {
            said: answer["status"].as_str().unwrap_or("taken").to_owned(),
            message_id: answer["sid"].as_str().map(str::to_owned),
        })
    }

    fn secrets(&self) -> Vec<&str> {
        vec![self.auth_token.reveal()]
    }
}

/// 400 is the answer to a wrong phone and to a wrong setting of ours alike; the code tells which.
fn explained(error: SendError, code: Option<u64>, message: Option<&str>) -> SendError {
    let Some(code) = code else { return error };
    let reason = format!("{code}: {}", message.unwrap_or_default());
    match error {
        SendError::Never(_) if is_ours(code) => SendError::later(reason),
        other => other.map_reason(|_| reason),
    }
}

/// Of our number, our service, our account or what it may do.
const fn is_ours(code: u64) -> bool {
    matches!(
        code,
        20_003 | 20_404 | 21_212 | 21_408 | 21_603 | 21_606 | 21_611 | 21_659 | 21_660 | 21_701..=21_705 | 63_038
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{Answer, Receiver, channels, note};
    use super::super::super::{Channel, send};
    use super::*;
    use crate::notify::Content;
    use crate::notify::message::tests::{letter, news};

    // From Twilio's documentation.
    const TAKEN: &str = r#"{"account_sid":"ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","api_version":"2010-04-01","body":"Hi there","date_created":"Thu, 24 Aug 2023 05:01:45 +0000","date_sent":null,"date_updated":"Thu, 24 Aug 2023 05:01:45 +0000","direction":"outbound-api","error_code":null,"error_message":null,"from":"+15017122661","num_media":"0","num_segments":"1","price":null,"price_unit":null,"messaging_service_sid":null,"sid":"SMXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","status":"queued","subresource_uris":{"media":null},"to":"+15558675310","uri":"/2010-04-01/Accounts/ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX/Messages/SMXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX.json"}"#;

    fn refused(code: u64, message: &str) -> Answer {
        let more = format!("https://www.twilio.com/docs/errors/{code}");
        Answer::new(
            400,
            serde_json::json!({ "code": code, "message": message, "more_info": more, "status": 400 }).to_string(),
        )
    }

    #[tokio::test]
    async fn a_phone_gets_a_text_and_the_receipt_has_its_id() {
        let receiver = Receiver::new([Answer::new(201, TAKEN)]).await;
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let receipt = send(&channels(&receiver), Channel::Sms, &note(&letter, "+15558675310"))
            .await
            .unwrap();
        assert_eq!(receipt.said, "queued");
        assert_eq!(
            receipt.message_id.as_deref(),
            Some("SMXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX")
        );
        let heard = &receiver.heard()[0];
        assert_eq!(
            heard.path,
            "/2010-04-01/Accounts/ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX/Messages.json"
        );
        assert_eq!(heard.header("content-type"), "application/x-www-form-urlencoded");
        let pass = STANDARD.encode("ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:our-secret-token");
        assert_eq!(heard.header("authorization"), format!("Basic {pass}"));
        assert!(
            heard
                .body
                .starts_with("To=%2B15558675310&From=%2B15017122661&Body=Example+%26+Sons%3A+New"),
            "{}",
            heard.body
        );
    }

    #[tokio::test]
    async fn a_wrong_phone_is_given_up_and_a_wrong_setting_is_waited_for() {
        let letter = letter(Content::IncidentOpened(news("Slow", "Hm")));
        let receiver = Receiver::new([
            refused(21211, "The 'To' number +15558675310 is not a valid phone number."),
            refused(21610, "Attempt to send to unsubscribed recipient"),
            refused(
                21606,
                "The From phone number +15017122661 is not a valid, SMS-capable inbound phone number",
            ),
        ])
        .await;
        let channels = channels(&receiver);
        let mut refusals = Vec::new();
        for _ in 0..3 {
            let sent = send(&channels, Channel::Sms, &note(&letter, "+15558675310")).await;
            refusals.push(sent.unwrap_err());
        }
        let reason = "21211: The 'To' number … is not a valid phone number.";
        assert_eq!(refusals[0], SendError::Never(reason.into()));
        assert!(matches!(&refusals[1], SendError::Never(_)), "{refusals:?}");
        assert!(matches!(&refusals[2], SendError::Later { .. }), "{refusals:?}");
    }
}
