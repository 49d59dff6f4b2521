//! Writing a message: plain data and a template become a subject, a text and HTML.

use std::sync::LazyLock;

use chrono_tz::Tz;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, State, context};
use serde::Serialize;
use shared::Timestamp;
use shared::announcement::PublicAnnouncement;
use shared::component::ComponentStatus;
use shared::postmortem::PublicPostmortem;
use shared::status_page::{PublicIncident, PublicMaintenance, PublicPage, PublicUpdate};
use web::routes::public as href;

use super::words;

/// So many characters of a postmortem stand in its mail.
const EXCERPT_MAX: usize = 1_000;

/// A message on its way to one person.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The language it is written in.
    pub locale: String,
    /// The page it speaks for.
    pub page: PublicPage,
    /// The secret of the receiver's own links, if they are a subscriber.
    pub token: Option<String>,
    pub content: Content,
}

/// What it says.
#[derive(Debug, Clone)]
pub enum Content {
    IncidentOpened(News),
    IncidentUpdated(News),
    IncidentResolved(News),
    MaintenancePlanned(Work),
    MaintenanceReminder(Work),
    MaintenanceStarted(Work),
    MaintenanceUpdated(Work),
    MaintenanceEnded(Work),
    MaintenanceCancelled(Work),
    PostmortemPublished(PublicPostmortem),
    AnnouncementPublished(PublicAnnouncement),
    ComponentStatusChanged {
        /// The component's code, where it is known.
        id: Option<String>,
        component: String,
        from: ComponentStatus,
        to: ComponentStatus,
        at: Timestamp,
    },
    /// All that happened meanwhile, oldest first; each is one of those above.
    Digest(Vec<Content>),
    /// Please confirm that you want our messages.
    Confirm {
        /// What is to be typed in, where a link would not be followed.
        code: Option<String>,
    },
    /// Someone asked for mails you get already.
    AlreadySubscribed,
    /// You are invited to the console.
    Invitation {
        name: String,
        url: String,
    },
    /// An open incident has had no update for long.
    TeamReminder {
        title: String,
        /// Without an update.
        hours: u64,
        url: String,
    },
    /// Mail works.
    Test {
        at: Timestamp,
    },
}

/// An incident and the entry of its timeline that is news.
#[derive(Debug, Clone, Serialize)]
pub struct News {
    pub incident: PublicIncident,
    pub update: PublicUpdate,
}

/// A maintenance and what is said of it this time.
#[derive(Debug, Clone, Serialize)]
pub struct Work {
    pub maintenance: PublicMaintenance,
    /// Markdown; may be empty.
    pub message: String,
}

/// A message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Content {
    /// The word its texts are found under.
    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::IncidentOpened(_) => "incident_opened",
            Self::IncidentUpdated(_) => "incident_updated",
            Self::IncidentResolved(_) => "incident_resolved",
            Self::ComponentStatusChanged { .. } => "component_status_changed",
            Self::MaintenancePlanned(_) => "maintenance_planned",
            Self::MaintenanceReminder(_) => "maintenance_reminder",
            Self::MaintenanceStarted(_) => "maintenance_started",
            Self::MaintenanceUpdated(_) => "maintenance_updated",
            Self::MaintenanceEnded(_) => "maintenance_ended",
            Self::MaintenanceCancelled(_) => "maintenance_cancelled",
            Self::PostmortemPublished(_) => "postmortem_published",
            Self::AnnouncementPublished(_) => "announcement_published",
            Self::Digest(_) => "digest",
            Self::Confirm { .. } => "confirm",
            Self::AlreadySubscribed => "already_subscribed",
            Self::Invitation { .. } => "invitation",
            Self::TeamReminder { .. } => "team_reminder",
            Self::Test { .. } => "test",
        }
    }

    /// Incidents share a template, and so do messages that are one sentence and a button.
    const fn template(&self) -> &'static str {
        match self {
            Self::IncidentOpened(_) | Self::IncidentUpdated(_) | Self::IncidentResolved(_) => "incident",
            Self::ComponentStatusChanged { .. } => "component",
            Self::MaintenancePlanned(_)
            | Self::MaintenanceReminder(_)
            | Self::MaintenanceStarted(_)
            | Self::MaintenanceUpdated(_)
            | Self::MaintenanceEnded(_)
            | Self::MaintenanceCancelled(_) => "maintenance",
            Self::PostmortemPublished(_) | Self::AnnouncementPublished(_) => "writing",
            Self::Digest(_) => "digest",
            Self::Confirm { .. }
            | Self::AlreadySubscribed
            | Self::Invitation { .. }
            | Self::TeamReminder { .. }
            | Self::Test { .. } => "note",
        }
    }

    fn values(&self, letter: &Letter) -> minijinja::Value {
        let page_url = &letter.page.url;
        let token = letter.token.as_deref().unwrap_or_default();
        match self {
            Self::IncidentOpened(news) | Self::IncidentUpdated(news) | Self::IncidentResolved(news) => context! {
                title => news.incident.title.as_str(),
                incident => Serde(&news.incident),
                update => Serde(&news.update),
                message_html => web::ui::markdown::to_html(&news.update.message),
                action_url => format!("{page_url}/incidents/{}", news.incident.id),
            },
            Self::ComponentStatusChanged {
                id: _,
                component,
                from,
                to,
                at,
            } => context! {
                title => component.as_str(),
                component => component.as_str(),
                from => from.as_str(),
                to => to.as_str(),
                at => at.to_string(),
                action_url => page_url.as_str(),
            },
            Self::MaintenancePlanned(work)
            | Self::MaintenanceReminder(work)
            | Self::MaintenanceStarted(work)
            | Self::MaintenanceUpdated(work)
            | Self::MaintenanceEnded(work)
            | Self::MaintenanceCancelled(work) => context! {
                title => work.maintenance.title.as_str(),
                maintenance => Serde(&work.maintenance),
                message => work.message.as_str(),
                message_html => web::ui::markdown::to_html(&work.message),
                action_url => format!("{page_url}/maintenance/{}", work.maintenance.id),
            },
            Self::PostmortemPublished(postmortem) => context! {
                title => postmortem.title.as_str(),
                excerpt => excerpt(&postmortem.message),
                action_url => format!("{page_url}{}", href::postmortem(&postmortem.incident_id)),
            },
            Self::AnnouncementPublished(announcement) => context! {
                title => announcement.title.as_str(),
                message => announcement.message.as_str(),
                message_html => web::ui::markdown::to_html(&announcement.message),
                action_url => page_url.as_str(),
            },
            Self::Digest(parts) => context! {
                title => parts.len().to_string(),
                parts => parts.iter().map(|part| part.in_digest(letter)).collect::<Vec<_>>(),
                action_url => page_url.as_str(),
            },
            Self::Confirm { .. } => context! { action_url => format!("{page_url}/confirm/{token}") },
            Self::AlreadySubscribed => context! { action_url => format!("{page_url}/manage/{token}") },
            Self::Invitation { name, url } => context! { name => name.as_str(), action_url => url.as_str() },
            Self::TeamReminder { title, hours, url } => context! {
                title => title.as_str(),
                hours => *hours,
                action_url => url.as_str(),
            },
            Self::Test { at } => context! { at => at.to_string(), action_url => page_url.as_str() },
        }
    }
}

impl Content {
    /// As one of many: what it is, what it is called, and what is said first.
    fn in_digest(&self, letter: &Letter) -> minijinja::Value {
        let text = match self {
            Self::IncidentOpened(news) | Self::IncidentUpdated(news) | Self::IncidentResolved(news) => {
                excerpt(&news.update.message)
            }
            Self::MaintenancePlanned(work)
            | Self::MaintenanceReminder(work)
            | Self::MaintenanceStarted(work)
            | Self::MaintenanceUpdated(work)
            | Self::MaintenanceEnded(work)
            | Self::MaintenanceCancelled(work) => excerpt(&work.message),
            Self::PostmortemPublished(postmortem) => excerpt(&postmortem.message),
            Self::AnnouncementPublished(announcement) => excerpt(&announcement.message),
            Self::ComponentStatusChanged { .. }
            | Self::Digest(_)
            | Self::Confirm { .. }
            | Self::AlreadySubscribed
            | Self::Invitation { .. }
            | Self::TeamReminder { .. }
            | Self::Test { .. } => String::new(),
        };
        context! { key => self.key(), text => text, ..self.values(letter) }
    }
}

/// The beginning of a long text, as plain words: a postmortem is read on the page.
fn excerpt(message: &str) -> String {
    let plain = web::ui::markdown::to_plain(message);
    match plain.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

/// Writes a letter.
pub fn render(letter: &Letter) -> anyhow::Result<Message> {
    let content = &letter.content;
    let base = context! {
        locale => letter.locale.as_str(),
        page => Serde(&letter.page),
        key => content.key(),
        // Only mails that come again offer to stop them.
        token => letter.token.as_ref().filter(|_| comes_again(content)),
    };
    let values = context! { ..content.values(letter), ..base };
    let write = |name: String| -> anyhow::Result<String> { Ok(TEMPLATES.get_template(&name)?.render(&values)?) };
    let subject = write("subject.txt".into())?;
    Ok(Message {
        // One line, whatever a title holds.
        subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
        text: write(format!("{}.txt", content.template()))?,
        html: write(format!("{}.html", content.template()))?,
    })
}

pub(super) const fn comes_again(content: &Content) -> bool {
    match content {
        Content::IncidentOpened(_)
        | Content::IncidentUpdated(_)
        | Content::IncidentResolved(_)
        | Content::MaintenancePlanned(_)
        | Content::MaintenanceReminder(_)
        | Content::MaintenanceStarted(_)
        | Content::MaintenanceUpdated(_)
        | Content::MaintenanceEnded(_)
        | Content::MaintenanceCancelled(_)
        | Content::PostmortemPublished(_)
        | Content::AnnouncementPublished(_)
        | Content::Digest(_)
        | Content::ComponentStatusChanged { .. } => true,
        Content::Confirm { .. }
        | Content::AlreadySubscribed
        | Content::Invitation { .. }
        | Content::TeamReminder { .. }
        | Content::Test { .. } => false,
    }
}

// The templates are part of the program; a test renders each.
#[allow(clippy::expect_used)]
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    templates.set_syntax(syntax.expect("the usual marks"));
    templates.add_function("say", |state: &State, key: &str, values: Kwargs| {
        words::say(&text_of(state, "locale"), key, &values)
    });
    templates.add_filter("local", |state: &State, at: String| local_time(&at, &time_zone(state)));
    for (name, source) in SOURCES {
        templates.add_template(name, source).expect("a template that parses");
    }
    templates
});

const SOURCES: &[(&str, &str)] = &[
    ("layout.html", include_str!("../../templates/mail/layout.html.j2")),
    ("parts.html", include_str!("../../templates/mail/parts.html.j2")),
    ("footer.txt", include_str!("../../templates/mail/footer.txt.j2")),
    ("subject.txt", include_str!("../../templates/mail/subject.txt.j2")),
    ("incident.txt", include_str!("../../templates/mail/incident.txt.j2")),
    ("incident.html", include_str!("../../templates/mail/incident.html.j2")),
    (
        "maintenance.txt",
        include_str!("../../templates/mail/maintenance.txt.j2"),
    ),
    (
        "maintenance.html",
        include_str!("../../templates/mail/maintenance.html.j2"),
    ),
    ("component.txt", include_str!("../../templates/mail/component.txt.j2")),
    ("component.html", include_str!("../../templates/mail/component.html.j2")),
    ("writing.txt", include_str!("../../templates/mail/writing.txt.j2")),
    ("writing.html", include_str!("../../templates/mail/writing.html.j2")),
    ("digest.txt", include_str!("../../templates/mail/digest.txt.j2")),
    ("digest.html", include_str!("../../templates/mail/digest.html.j2")),
    ("note.txt", include_str!("../../templates/mail/note.txt.j2")),
    ("note.html", include_str!("../../templates/mail/note.html.j2")),
];

fn text_of(state: &State, name: &str) -> String {
    state
        .lookup(name)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn time_zone(state: &State) -> String {
    let zone = state.lookup("page").and_then(|page| page.get_attr("time_zone").ok());
    zone.and_then(|zone| zone.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// `2026-11-24 04:00 CET`: readable in every language.
pub(super) fn local_time(at: &str, zone: &str) -> String {
    let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
    match Timestamp::parse(at) {
        Ok(at) => at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string(),
        Err(_) => at.to_owned(),
    }
}

#[cfg(test)]
pub mod tests {
    use shared::incident::{Impact, IncidentStatus};
    use shared::maintenance::MaintenanceStatus;
    use shared::status_page::PublicEffect;

    use super::*;

    pub fn at() -> Timestamp {
        Timestamp::parse("2026-11-24T03:00:00Z").unwrap()
    }

    pub fn letter(content: Content) -> Letter {
        let page = PublicPage {
            id: "p".into(),
            name: "Example & Sons".into(),
            description: None,
            website_url: None,
            url: "https://status.example.org".into(),
            locale: "en".into(),
            time_zone: "Europe/Berlin".into(),
            accent: "#0f766e".into(),
        };
        Letter {
            locale: "en".into(),
            page,
            token: Some("secret-token".into()),
            content,
        }
    }

    pub fn news(title: &str, message: &str) -> News {
        let part = PublicEffect {
            id: "c".into(),
            name: "Checkout <API>".into(),
            status: ComponentStatus::PartialOutage,
        };
        let update = PublicUpdate {
            id: "u".into(),
            status: IncidentStatus::Identified,
            message: message.into(),
            components: vec![],
            created_at: at(),
            edited_at: None,
        };
        let incident = PublicIncident {
            id: "abc123".into(),
            title: title.into(),
            status: IncidentStatus::Identified,
            impact: Impact::Major,
            is_forgotten: false,
            components: vec![part],
            updates: vec![],
            links: vec![],
            started_at: at(),
            resolved_at: None,
            updated_at: at(),
        };
        News { incident, update }
    }

    pub fn work(message: &str) -> Work {
        let part = PublicEffect {
            id: "c".into(),
            name: "Checkout <API>".into(),
            status: ComponentStatus::UnderMaintenance,
        };
        let maintenance = PublicMaintenance {
            id: "abc123".into(),
            title: "Database upgrade".into(),
            message: message.into(),
            status: MaintenanceStatus::InProgress,
            components: vec![part],
            updates: vec![],
            starts_at: at(),
            ends_at: at(),
            actual_started_at: None,
            actual_ended_at: None,
            updated_at: at(),
        };
        Work {
            maintenance,
            message: message.into(),
        }
    }

    pub fn postmortem() -> PublicPostmortem {
        PublicPostmortem {
            incident_id: "abc123".into(),
            title: "Slow".into(),
            message: "**Why** <b>it</b> was slow. ".repeat(100),
            published_at: at(),
            edited_at: None,
        }
    }

    fn announcement() -> PublicAnnouncement {
        PublicAnnouncement {
            id: "abc123".into(),
            title: "We are *moving*".into(),
            message: "To a **new** <i>address</i>.".into(),
            starts_at: at(),
            ends_at: None,
            updated_at: at(),
        }
    }

    pub fn all() -> Vec<Content> {
        let mut all = vec![
            Content::PostmortemPublished(postmortem()),
            Content::AnnouncementPublished(announcement()),
            Content::MaintenancePlanned(work("*Hm*")),
            Content::MaintenanceReminder(work("*Hm*")),
            Content::MaintenanceStarted(work("")),
            Content::MaintenanceUpdated(work("")),
            Content::MaintenanceEnded(work("")),
            Content::MaintenanceCancelled(work("")),
            Content::IncidentOpened(news("Slow", "*Hm*")),
            Content::IncidentUpdated(news("Slow", "*Hm*")),
            Content::IncidentResolved(news("Slow", "*Hm*")),
            Content::ComponentStatusChanged {
                id: None,
                component: "API".into(),
                from: ComponentStatus::Operational,
                to: ComponentStatus::MajorOutage,
                at: at(),
            },
            Content::Confirm { code: None },
            Content::AlreadySubscribed,
            Content::Invitation {
                name: "Ana".into(),
                url: "https://status.example.org/admin/join#t".into(),
            },
            Content::TeamReminder {
                title: "Slow".into(),
                hours: 24,
                url: "https://status.example.org/admin/incidents/7".into(),
            },
            Content::Test { at: at() },
        ];
        let again = all.iter().filter(|content| comes_again(content)).cloned().collect();
        all.push(Content::Digest(again));
        all
    }

    #[test]
    fn every_message_can_be_written_in_every_language() {
        for content in all() {
            for locale in shared::text::LOCALES {
                let letter = Letter {
                    locale: (*locale).into(),
                    ..letter(content.clone())
                };
                let message = render(&letter).unwrap();
                assert!(message.subject.len() > 5 && message.text.len() > 40, "{message:?}");
                assert!(message.html.contains("</html>") && !message.html.contains("undefined"));
                assert!(!message.text.contains("&amp;") && message.html.contains("Example &amp; Sons"));
            }
        }
    }

    #[test]
    fn only_messages_that_come_again_offer_to_stop_them() {
        for content in all() {
            let offers = render(&letter(content.clone()))
                .unwrap()
                .text
                .contains("/unsubscribe/secret-token");
            assert_eq!(offers, comes_again(&content), "{content:?}");
        }
    }

    #[test]
    fn what_operators_write_cannot_break_out() {
        let news = news(
            "<b>Bad</b>\r\nBcc: eve@example.org",
            "**bold** <script>alert(1)</script>",
        );
        let message = render(&letter(Content::IncidentOpened(news))).unwrap();
        assert!(!message.html.contains("<script>") && !message.html.contains("<b>Bad"));
        assert!(message.html.contains("<strong>bold</strong>") && message.html.contains("Checkout &lt;API&gt;"));
        assert!(!message.subject.contains(['\r', '\n']));
        assert!(message.text.contains("https://status.example.org/incidents/abc123"));
    }

    #[test]
    fn a_postmortem_is_begun_and_an_announcement_is_told_in_full() {
        let message = render(&letter(Content::PostmortemPublished(postmortem()))).unwrap();
        assert!(
            message.html.contains("Why it was slow") && !message.html.contains("<b>it") && message.text.contains('…'),
            "{}",
            message.html
        );
        assert!(
            message
                .text
                .contains("https://status.example.org/incidents/abc123/postmortem")
        );
        let message = render(&letter(Content::AnnouncementPublished(announcement()))).unwrap();
        assert!(message.html.contains("<strong>new</strong>") && message.html.contains("&lt;i&gt;"));
        assert_eq!(message.subject, "[Example & Sons] We are *moving*");
    }

    #[test]
    fn times_are_those_of_the_page() {
        assert_eq!(
            local_time("2026-11-24T03:00:00.000Z", "Europe/Berlin"),
            "2026-11-24 04:00 CET"
        );
        assert_eq!(
            local_time("2026-11-24T03:00:00.000Z", "Nowhere"),
            "2026-11-24 03:00 UTC"
        );
    }
}
