//! Every channel that is reached by HTTP, from the operator who adds someone to what the other side gets; and what becomes of a
//! message that is refused for now, for good, or that meets nobody.

use harness::{Receiver, TestApp, Told, days, minutes};
use reqwest::Method;
use serde_json::{Value, json};
use server::config::{Config, Secret, SmsProvider};
use shared::channel::{Channel, WebhookFormat};
use shared::delivery::{DeliveryStatus, RetryDeliveries};
use shared::incident::{NewIncident, ResolveIncident};
use shared::preferences::Preferences;
use shared::subscriber::{NewSubscriber, Subscribe};

/// All services are where the receiver is.
fn at_receiver(config: &mut Config, url: &str) {
    config.outbound.allow_private = true;
    config.outbound.timeout_s = 5;
    config.slack.api_url = format!("{url}/slack");
    config.slack.hooks_url = url.into();
    config.slack.bot_token = Secret::new("xoxb-ours");
    config.teams.hooks_url = url.into();
    config.discord.hooks_url = url.into();
    config.telegram.api_url = url.into();
    config.telegram.bot_token = Secret::new("4711:ours");
    config.matrix.homeserver_url = url.into();
    config.matrix.access_token = Secret::new("syt_ours");
    config.ntfy.server_url = url.into();
    config.pagerduty.events_url = url.into();
    config.opsgenie.api_url = url.into();
    config.sms.provider = SmsProvider::Twilio;
    config.sms.from = "+15017122661".into();
    config.sms.twilio.account_sid = "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX".into();
    config.sms.twilio.auth_token = Secret::new("ours");
    config.sms.twilio.api_url = url.into();
}

/// A channel, an address of it that leads to `url`, and a part of the path that is then asked for.
fn table(url: &str) -> Vec<(Channel, String, &'static str)> {
    vec![
        (Channel::Sms, "+15558675310".into(), "/Messages.json"),
        (Channel::Webhook, format!("{url}/own-hook"), "/own-hook"),
        (
            Channel::Slack,
            "https://hooks.slack.com/services/T0000000/B0000000/XXXXXXXXXXXX".into(),
            "/services/T0000000",
        ),
        (Channel::Slack, "C0123456789".into(), "/slack/chat.postMessage"),
        (
            Channel::Teams,
            "https://example.logic.azure.com:443/workflows/abc/triggers?sig=x".into(),
            "/workflows/abc",
        ),
        (
            Channel::Discord,
            "https://discord.com/api/webhooks/12345678/token-of-discord".into(),
            "/api/webhooks/12345678",
        ),
        (Channel::Telegram, "-1001234567890".into(), "/sendMessage"),
        (Channel::Matrix, "!room:example.org".into(), "/send/m.room.message/"),
        (
            Channel::Mattermost,
            format!("{url}/mattermost-hook"),
            "/mattermost-hook",
        ),
        (
            Channel::Pagerduty,
            "0123456789abcdef0123456789abcdef".into(),
            "/v2/enqueue",
        ),
        (
            Channel::Opsgenie,
            "01234567-89ab-cdef-0123-456789abcdef".into(),
            "/v2/alerts",
        ),
    ]
}

fn on(channel: Channel, target: &str) -> NewSubscriber {
    NewSubscriber {
        channel: Some(channel),
        ..NewSubscriber::by_mail(target)
    }
}

async fn with_receiver(app: &TestApp) -> (TestApp, Receiver) {
    let receiver = Receiver::start().await;
    let node = app.second_node_with(|config| at_receiver(config, &receiver.url)).await;
    (node, receiver)
}

async fn log(app: &TestApp, channel: Channel) -> Vec<shared::delivery::Delivery> {
    let admin = app.admin().await;
    let all = admin
        .api()
        .list_deliveries(None, None, None, None, None, None, None)
        .await
        .told()
        .unwrap()
        .items;
    all.into_iter().filter(|delivery| delivery.channel == channel).collect()
}

harness::on_every_database! {
    /// Each channel gets the incident once, and the log has what the other side said.
    async fn each_channel_gets_an_incident(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        let table = table(&receiver.url);
        for (channel, target, _) in &table {
            admin.api().create_subscriber(&on(*channel, target)).await.told().unwrap();
        }
        let ntfy = format!("{}/ntfy-topic", receiver.url);
        admin.api().create_subscriber(&on(Channel::Ntfy, &ntfy)).await.told().unwrap();
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        for (channel, _, path) in &table {
            let calls = receiver.calls(path);
            assert_eq!(calls.len(), 1, "{channel}");
            assert!(calls[0].body.replace('+', " ").contains("Slow API"), "{channel}: {}", calls[0].body);
        }
        let all = admin.api().list_deliveries(None, None, None, None, None, None, None).await.told().unwrap().items;
        let open: Vec<_> = all.iter().filter(|delivery| delivery.status != DeliveryStatus::Delivered).collect();
        assert!(open.is_empty(), "{open:?}");
    }

    /// Whoever asked to be left alone for a while is; who is gone for good is asked no more; who is gone for now waits.
    async fn each_failure_has_its_end(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        for (channel, target, path) in table(&receiver.url) {
            admin.api().create_subscriber(&on(channel, &target)).await.told().unwrap();
            receiver.answers(path, "503 Busy\r\nretry-after: 600");
        }
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        let all = admin.api().list_deliveries(None, None, None, None, None, None, None).await.told().unwrap().items;
        assert_eq!(all.len(), 11);
        for delivery in &all {
            assert_eq!(delivery.status, DeliveryStatus::Waiting, "{delivery:?}");
            let error = delivery.last_error.as_deref().unwrap_or_default();
            assert!(!error.contains("XXXXXXXXXXXX") && !error.contains("token-of-discord"), "{error}");
            assert!(delivery.next_attempt_at.unwrap() >= app.clock.now() + minutes(10), "{delivery:?}");
        }
        for (_, _, path) in table(&receiver.url) {
            receiver.answers(path, "410 Gone");
        }
        app.clock.advance(minutes(11));
        app.run_jobs().await;
        let hooks = log(&app, Channel::Webhook).await;
        assert_eq!(hooks[0].status, DeliveryStatus::GivenUp, "{hooks:?}");
        assert!(log(&app, Channel::Discord).await[0].status == DeliveryStatus::GivenUp);
        let progress = async || admin.api().get_delivery_progress(None, None, None, None).await.told().unwrap();
        let given_up = progress().await.given_up;
        assert!(given_up > 1, "{:?}", progress().await);
        for (_, _, path) in table(&receiver.url).iter().skip(2) {
            receiver.answers(path, "200 OK");
        }
        let all = RetryDeliveries { page_id: None, incident_id: None, maintenance_id: None, channel: Some(Channel::Discord) };
        assert_eq!(admin.api().retry_deliveries(&all).await.told().unwrap().count, 1);
        app.run_jobs().await;
        assert_eq!(progress().await.given_up, given_up - 1);
        // What somebody sends again, arrives once the other side is well.
        receiver.answers("/own-hook", "200 OK");
        admin.api().retry_delivery(hooks[0].id.0).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(log(&app, Channel::Webhook).await[0].status, DeliveryStatus::Delivered);
    }

    /// A host that nobody answers for is given a rest; the others get theirs meanwhile.
    async fn a_dead_host_keeps_nobody_waiting(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        for n in 0..30 {
            let dead = format!("http://127.0.0.1:1/hook-{n}");
            admin.api().create_subscriber(&on(Channel::Webhook, &dead)).await.told().unwrap();
        }
        let alive = format!("{}/alive", receiver.url);
        admin.api().create_subscriber(&on(Channel::Webhook, &alive)).await.told().unwrap();
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        assert_eq!(receiver.calls("/alive").len(), 1);
        let hooks = log(&app, Channel::Webhook).await;
        let waiting = hooks.iter().filter(|one| one.status == DeliveryStatus::Waiting && one.next_attempt_at.is_some());
        assert_eq!(waiting.count(), 30, "none is missing");
        let untried = hooks.iter().filter(|one| one.status == DeliveryStatus::Waiting && one.attempt_count == 0);
        assert!(untried.count() >= 20, "most are spared the try");
    }

    /// Where nothing arrives for a week, nothing is sent any more, and the console shows it.
    async fn a_target_that_is_dead_for_a_week_is_suspended(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let mut admin = app.admin().await;
        let hook = format!("{}/own-hook", receiver.url);
        let subscriber = admin.api().create_subscriber(&on(Channel::Webhook, &hook)).await.told().unwrap();
        receiver.answers("/own-hook", "500 Broken");
        for n in 0..3 {
            admin.api().create_incident(&NewIncident::investigating(format!("Incident {n}"))).await.told().unwrap();
            app.run_jobs().await;
            app.clock.advance(days(4));
            // Whoever was signed in is so no more.
            admin = app.admin().await;
        }
        let now = admin.api().get_subscriber(subscriber.id.0).await.told().unwrap();
        assert!(now.subscriptions[0].suspended_at.is_some(), "{now:?}");
        let before = receiver.calls("/own-hook").len();
        receiver.answers("/own-hook", "200 OK");
        admin.api().create_incident(&NewIncident::investigating("Unheard")).await.told().unwrap();
        app.run_jobs().await;
        assert!(receiver.calls("/own-hook").iter().skip(before).all(|call| !call.body.contains("Unheard")));
        // Somebody says that it is well again.
        admin.api().resume_subscriber(subscriber.id.0).await.told().unwrap();
        admin.api().create_incident(&NewIncident::investigating("Heard again")).await.told().unwrap();
        app.run_jobs().await;
        assert!(receiver.calls("/own-hook").iter().any(|call| call.body.contains("Heard again")));
    }

    /// A page offers webhooks: the challenge comes first, and nothing else until somebody follows its link.
    async fn a_webhook_is_asked_before_it_is_told_anything(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        let offer = json!({ "channels": ["email", "webhook", "sms"] });
        assert_eq!(admin.call(Method::PATCH, "/pages/1").json(&offer).send().await.unwrap().status(), 200);
        let hook = format!("{}/own-hook", receiver.url);
        let form = [("channel", "webhook"), ("target", hook.as_str()), ("scope", "all")];
        assert_eq!(app.visitor().request(Method::POST, "/subscribe").form(&form).send().await.unwrap().status(), 202);
        admin.api().create_incident(&NewIncident::investigating("Too early")).await.told().unwrap();
        app.run_jobs().await;
        let calls = receiver.calls("/own-hook");
        assert_eq!(calls.len(), 1);
        let challenge: Value = serde_json::from_str(&calls[0].body).unwrap();
        assert_eq!(challenge["type"], "subscription.confirm");
        let link = challenge["confirm_url"].as_str().unwrap().to_owned();
        app.visitor().request(Method::POST, link.strip_prefix(&app.base).unwrap()).send().await.unwrap();
        admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        let told = receiver.calls("/own-hook").pop().unwrap();
        assert!(told.body.contains("Slow API"));
        for header in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            assert!(told.headers.contains_key(header), "{header} in {:?}", told.headers);
        }
    }

    /// A phone is confirmed by the code it got; after five wrong ones the right one is no good either.
    async fn a_phone_is_confirmed_by_its_code(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        let offer = json!({ "channels": ["sms"] });
        assert_eq!(admin.call(Method::PATCH, "/pages/1").json(&offer).send().await.unwrap().status(), 200);
        let subscribe = async |number: &str| {
            let wish = json!({ "channel": "sms", "target": number });
            assert_eq!(app.visitor().call(Method::POST, "/subscriptions").json(&wish).send().await.unwrap().status(), 202);
            app.run_jobs().await;
            let message = receiver.calls("/Messages.json").pop().unwrap().body;
            let digits: Vec<&str> = message.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 6).collect();
            digits[0].to_owned()
        };
        let confirm = async |number: &str, code: &str| {
            let input = json!({ "channel": "sms", "target": number, "code": code });
            app.visitor().call(Method::POST, "/subscriptions/confirm-code").json(&input).send().await.unwrap().status().as_u16()
        };
        let code = subscribe("+49 151 12345678").await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        assert_eq!(confirm("+4915112345678", wrong).await, 422);
        assert_eq!(confirm("+4915100000000", &code).await, 422, "a number nobody gave looks the same");
        assert_eq!(confirm("+4915112345678", &code).await, 200);

        let code = subscribe("+4915187654321").await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        for _ in 0..5 {
            assert_eq!(confirm("+4915187654321", wrong).await, 422);
        }
        assert_eq!(confirm("+4915187654321", &code).await, 422);
    }

    /// Numbers can be made up, and each message costs: after a hundred that nobody confirms, no more are asked that day.
    async fn made_up_numbers_do_not_cost_without_end(app: TestApp) {
        let admin = app.admin().await;
        let offer = json!({ "channels": ["sms"] });
        assert_eq!(admin.call(Method::PATCH, "/pages/1").json(&offer).send().await.unwrap().status(), 200);
        let page = server::domain::page::public(&app.cx, None, None).await.unwrap();
        let ask = async |n: u32| {
            let wish = Subscribe {
                page: None, channel: Some(Channel::Sms), target: format!("+4915100{n:06}"), scope: None, preferences: None, locale: None,
            };
            server::domain::subscription::subscribe(&app.cx, &page, wish).await
        };
        for n in 0..100 {
            ask(n).await.unwrap();
        }
        assert!(ask(100).await.is_err());
        app.clock.advance(days(2));
        ask(100).await.unwrap();
    }

    /// Programs that read Atlassian's webhooks read ours.
    async fn a_webhook_may_have_the_body_of_statuspage(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        let hook = format!("{}/own-hook", receiver.url);
        let wishes = Preferences { webhook_format: Some(WebhookFormat::Statuspage), ..Preferences::everything() };
        let input = NewSubscriber { preferences: Some(wishes), ..on(Channel::Webhook, &hook) };
        admin.api().create_subscriber(&input).await.told().unwrap();
        let incident = admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        admin.api().resolve_incident(incident.id.0, &ResolveIncident::saying("Over.")).await.told().unwrap();
        app.run_jobs().await;
        let bodies: Vec<Value> = receiver.calls("/own-hook").iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(bodies.len(), 2);
        assert!(bodies.iter().all(|body| body["incident"]["name"] == "Slow API" && body["page"]["id"].is_string()), "{bodies:?}");
        assert!(bodies.iter().any(|body| body["incident"]["status"] == "resolved"));
    }

    /// The thread of a chat: the second message hangs on the first.
    async fn a_chat_keeps_an_incident_in_its_thread(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        admin.api().create_subscriber(&on(Channel::Telegram, "-1001234567890")).await.told().unwrap();
        let incident = admin.api().create_incident(&NewIncident::investigating("Slow API")).await.told().unwrap();
        app.run_jobs().await;
        admin.api().resolve_incident(incident.id.0, &ResolveIncident::saying("Over.")).await.told().unwrap();
        app.run_jobs().await;
        let bodies: Vec<Value> = receiver.calls("/sendMessage").iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect();
        assert_eq!(bodies.len(), 2);
        assert!(bodies[0].get("reply_parameters").is_none() && bodies[1]["reply_parameters"]["message_id"] == 1, "{bodies:?}");
    }

    /// An operator tries a target before anybody relies on it, and reads what the other side said.
    async fn a_target_can_be_tried(app: TestApp) {
        let (app, receiver) = with_receiver(&app).await;
        let admin = app.admin().await;
        let hook = format!("{}/own-hook", receiver.url);
        let subscriber = admin.api().create_subscriber(&on(Channel::Webhook, &hook)).await.told().unwrap();
        let tried = admin.api().test_subscriber(subscriber.id.0).await.told().unwrap();
        assert!(tried.is_sent, "{tried:?}");
        assert_eq!(serde_json::from_str::<Value>(&receiver.calls("/own-hook")[0].body).unwrap()["type"], "test");
        receiver.answers("/own-hook", "404 Not Found");
        let tried = admin.api().test_subscriber(subscriber.id.0).await.told().unwrap();
        assert!(!tried.is_sent && tried.detail.contains("404"), "{tried:?}");
    }
}
