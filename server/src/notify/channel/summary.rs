//! What all chats say of a letter: found once, in the reader's language, before each channel gives it its shape.

use shared::Timestamp;
use shared::component::ComponentStatus;
use shared::incident::{Impact, IncidentStatus};
use shared::maintenance::MaintenanceStatus;
use shared::status_page::PublicEffect;
use web::routes::public as href;

use super::super::message::{Content, Letter, News, Work, comes_again, local_time};
use super::super::words::tell;
use super::rich::{Marks, Rich, shorten};

/// The longest title, in every channel; titles of incidents are shorter.
const TITLE_MAX: usize = 250;
/// So much of a postmortem is told; it is read on the page.
const EXCERPT_MAX: usize = 1_000;

/// A letter, taken apart.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Who speaks.
    pub page: String,
    pub page_url: String,
    /// What kind of news it is: `New incident`.
    pub kicker: String,
    /// What it is about, on one line.
    pub title: String,
    /// How it stands, in a word or two; empty where nothing stands anyhow.
    pub status: String,
    pub tone: Tone,
    pub body: Rich,
    pub fields: Vec<Field>,
    pub action: Link,
    /// Where the receiver chooses what they hear, if they may.
    pub manage: Option<Link>,
    pub unsubscribe: Option<Link>,
}

/// A fact with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// Words and where they lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

/// How bad it is, for colours and priorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// It is over.
    Good,
    Neutral,
    Maintenance,
    Minor,
    Major,
    Critical,
}

impl Tone {
    /// The page's own colours, as a number.
    pub const fn colour(self) -> u32 {
        match self {
            Self::Good => 0x0019_713f,
            Self::Neutral => 0x0062_5d56,
            Self::Maintenance => 0x002b_5fae,
            Self::Minor => 0x008a_5a00,
            Self::Major => 0x00b0_4a10,
            Self::Critical => 0x00b4_231f,
        }
    }

    /// `#19713f`
    pub fn hex(self) -> String {
        format!("#{:06x}", self.colour())
    }

    pub const fn emoji(self) -> &'static str {
        match self {
            Self::Good => "✅",
            Self::Neutral => "ℹ️",
            Self::Maintenance => "🔧",
            Self::Minor => "⚠️",
            Self::Major => "🟠",
            Self::Critical => "🔴",
        }
    }

    const fn of_impact(impact: Impact) -> Self {
        match impact {
            Impact::None => Self::Neutral,
            Impact::Minor => Self::Minor,
            Impact::Major => Self::Major,
            Impact::Critical => Self::Critical,
        }
    }

    const fn of_component(status: ComponentStatus) -> Self {
        match status {
            ComponentStatus::Operational => Self::Good,
            ComponentStatus::Unknown => Self::Neutral,
            ComponentStatus::UnderMaintenance => Self::Maintenance,
            ComponentStatus::DegradedPerformance => Self::Minor,
            ComponentStatus::PartialOutage => Self::Major,
            ComponentStatus::MajorOutage => Self::Critical,
        }
    }

    const fn of_maintenance(status: MaintenanceStatus) -> Self {
        match status {
            MaintenanceStatus::Scheduled | MaintenanceStatus::InProgress | MaintenanceStatus::Verifying => {
                Self::Maintenance
            }
            MaintenanceStatus::Completed => Self::Good,
            MaintenanceStatus::Cancelled => Self::Neutral,
        }
    }
}

/// Where an incident's address leads.
pub fn incident_url(letter: &Letter, code: &str) -> String {
    format!("{}{}", letter.page.url, href::incident(code))
}

/// Where a maintenance's address leads.
pub fn maintenance_url(letter: &Letter, code: &str) -> String {
    format!("{}{}", letter.page.url, href::maintenance(code))
}

/// Where a receiver says yes.
pub fn confirm_url(letter: &Letter) -> Option<String> {
    own_url(letter, "confirm")
}

/// Where a receiver stops what they get.
pub fn unsubscribe_url(letter: &Letter) -> Option<String> {
    own_url(letter, "unsubscribe")
}

/// Where a receiver chooses what they get.
pub fn manage_url(letter: &Letter) -> Option<String> {
    own_url(letter, "manage")
}

fn own_url(letter: &Letter, what: &str) -> Option<String> {
    let token = letter.token.as_ref()?;
    Some(format!("{}/{what}/{token}", letter.page.url))
}

impl Summary {
    /// What a letter says.
    pub fn of(letter: &Letter) -> Self {
        match &letter.content {
            Content::IncidentOpened(news) | Content::IncidentUpdated(news) | Content::IncidentResolved(news) => {
                incident(letter, news)
            }
            Content::MaintenancePlanned(work)
            | Content::MaintenanceReminder(work)
            | Content::MaintenanceStarted(work)
            | Content::MaintenanceUpdated(work)
            | Content::MaintenanceEnded(work)
            | Content::MaintenanceCancelled(work) => maintenance(letter, work),
            Content::ComponentStatusChanged {
                component, from, to, ..
            } => component_change(letter, component, *from, *to),
            Content::PostmortemPublished(postmortem) => {
                let url = format!("{}{}", letter.page.url, href::postmortem(&postmortem.incident_id));
                let begun = Rich::of_markdown(&postmortem.message).fit(Marks::Plain, EXCERPT_MAX);
                writing(letter, &postmortem.title, Rich::of_plain(&begun), url)
            }
            Content::AnnouncementPublished(announcement) => writing(
                letter,
                &announcement.title,
                Rich::of_markdown(&announcement.message),
                letter.page.url.clone(),
            ),
            Content::Digest(parts) => digest(letter, parts),
            Content::Confirm { code } => confirm(letter, code.as_deref()),
            Content::AlreadySubscribed => {
                let url = manage_url(letter).unwrap_or_else(|| letter.page.url.clone());
                note(letter, "already_subscribed", "chat.already_subscribed.text", url)
            }
            Content::Invitation { name, url } => Self {
                title: line(&tell(&letter.locale, "invitation.title", &[("name", name)])),
                ..note(letter, "invitation", "invitation.text", url.clone())
            },
            Content::TeamReminder { title, hours, url } => team_reminder(letter, title, *hours, url),
            Content::Test { .. } => Self {
                title: say(letter, "chat.test.title"),
                ..note(letter, "test", "chat.test.text", letter.page.url.clone())
            },
        }
    }

    /// `New incident: Slow API`
    pub fn headline(&self) -> String {
        match self.kicker.is_empty() {
            true => self.title.clone(),
            false => format!("{}: {}", self.kicker, self.title),
        }
    }

    /// All of it without marks, for screens that show nothing else: the headline, the facts, the message.
    pub fn plain(&self) -> String {
        let facts = self
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.name, field.value));
        let mut lines: Vec<String> = facts.collect();
        if !self.body.is_empty() {
            lines.push(self.body.write(Marks::Plain));
        }
        lines.join("\n")
    }
}

fn say(letter: &Letter, key: &str) -> String {
    tell(&letter.locale, key, &[("page", &letter.page.name)])
}

/// One line, whatever it holds.
fn line(text: &str) -> String {
    shorten(&text.split_whitespace().collect::<Vec<_>>().join(" "), TITLE_MAX)
}

fn base(letter: &Letter, title: &str, action: Link) -> Summary {
    let own = |url: Option<String>, key: &str| {
        let url = url.filter(|_| comes_again(&letter.content))?;
        let label = say(letter, key);
        Some(Link { label, url })
    };
    Summary {
        page: line(&letter.page.name),
        page_url: letter.page.url.clone(),
        kicker: say(letter, &format!("{}.kicker", letter.content.key())),
        title: line(title),
        status: String::new(),
        tone: Tone::Neutral,
        body: Rich::default(),
        fields: Vec::new(),
        action,
        manage: own(manage_url(letter), "manage"),
        unsubscribe: own(unsubscribe_url(letter), "unsubscribe"),
    }
}

fn incident(letter: &Letter, news: &News) -> Summary {
    let News { incident, update } = news;
    let action = Link {
        label: say(letter, "see_incident"),
        url: incident_url(letter, &incident.id),
    };
    let status = say(letter, update.status.as_str());
    let mut fields = vec![field(letter, "status", status.clone())];
    fields.extend(affected(letter, &incident.components));
    Summary {
        status,
        tone: match update.status {
            IncidentStatus::Resolved => Tone::Good,
            IncidentStatus::Investigating | IncidentStatus::Identified | IncidentStatus::Monitoring => {
                Tone::of_impact(incident.impact)
            }
        },
        body: Rich::of_markdown(&update.message),
        fields,
        ..base(letter, &incident.title, action)
    }
}

fn maintenance(letter: &Letter, work: &Work) -> Summary {
    let Work { maintenance, message } = work;
    let action = Link {
        label: say(letter, "see_maintenance"),
        url: maintenance_url(letter, &maintenance.id),
    };
    let local = |at: Timestamp| local_time(&at.to_string(), &letter.page.time_zone);
    let (from, to) = (local(maintenance.starts_at), local(maintenance.ends_at));
    let window = tell(&letter.locale, "from_to", &[("from", &from), ("to", &to)]);
    let status = say(letter, maintenance.status.as_str());
    let mut fields = vec![field(letter, "status", status.clone()), field(letter, "window", window)];
    fields.extend(affected(letter, &maintenance.components));
    Summary {
        status,
        tone: Tone::of_maintenance(maintenance.status),
        body: Rich::of_markdown(message),
        fields,
        ..base(letter, &maintenance.title, action)
    }
}

fn field(letter: &Letter, key: &str, value: String) -> Field {
    let name = say(letter, key);
    Field { name, value }
}

/// `Checkout: Partial outage`, one to a line.
fn affected(letter: &Letter, parts: &[PublicEffect]) -> Option<Field> {
    let part = |part: &PublicEffect| format!("{}: {}", line(&part.name), say(letter, part.status.as_str()));
    let value = parts.iter().map(part).collect::<Vec<_>>().join("\n");
    (!parts.is_empty()).then(|| field(letter, "affected", value))
}

fn component_change(letter: &Letter, component: &str, from: ComponentStatus, to: ComponentStatus) -> Summary {
    let action = Link {
        label: say(letter, "see_page"),
        url: letter.page.url.clone(),
    };
    let (before, status) = (say(letter, from.as_str()), say(letter, to.as_str()));
    let values = [("component", component), ("status", &*status), ("before", &*before)];
    Summary {
        body: Rich::of_plain(&tell(&letter.locale, "changed", &values)),
        tone: Tone::of_component(to),
        status,
        ..base(letter, component, action)
    }
}

/// A line for each thing that happened.
fn digest(letter: &Letter, parts: &[Content]) -> Summary {
    let action = Link {
        label: say(letter, "see_page"),
        url: letter.page.url.clone(),
    };
    let part = |part: &Content| {
        let own = Summary::of(&Letter {
            content: part.clone(),
            ..letter.clone()
        });
        let status = if own.status.is_empty() {
            String::new()
        } else {
            format!(" ({})", own.status)
        };
        format!("• {}{status}", own.headline())
    };
    let lines: Vec<String> = parts.iter().map(part).collect();
    Summary {
        body: Rich::of_plain(&lines.join("\n")),
        ..base(letter, &say(letter, "digest.title"), action)
    }
}

fn writing(letter: &Letter, title: &str, body: Rich, url: String) -> Summary {
    let label = say(letter, &format!("{}.action", letter.content.key()));
    Summary {
        body,
        ..base(letter, title, Link { label, url })
    }
}

/// A sentence and a button.
fn note(letter: &Letter, key: &str, text: &str, url: String) -> Summary {
    let label = say(letter, &format!("{key}.action"));
    Summary {
        kicker: String::new(),
        body: Rich::of_plain(&say(letter, text)),
        ..base(letter, &say(letter, &format!("{key}.title")), Link { label, url })
    }
}

fn confirm(letter: &Letter, code: Option<&str>) -> Summary {
    let url = confirm_url(letter).unwrap_or_else(|| letter.page.url.clone());
    let asked = note(letter, "confirm", "chat.confirm.text", url);
    let Some(code) = code else { return asked };
    let values = [("code", code), ("page", &letter.page.name)];
    Summary {
        body: Rich::of_plain(&tell(&letter.locale, "chat.confirm.code", &values)),
        ..asked
    }
}

fn team_reminder(letter: &Letter, title: &str, hours: u64, url: &str) -> Summary {
    let hours = hours.to_string();
    let values = [("title", title), ("hours", &*hours), ("page", &*letter.page.name)];
    Summary {
        title: line(&tell(&letter.locale, "team_reminder.title", &values)),
        body: Rich::of_plain(&tell(&letter.locale, "team_reminder.text", &values)),
        tone: Tone::Minor,
        ..note(letter, "team_reminder", "team_reminder.text", url.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::message::tests::{all, letter, news, work};
    use super::*;

    #[test]
    fn every_letter_has_a_title_and_words_in_every_language() {
        for content in all() {
            for locale in shared::text::LOCALES {
                let letter = Letter {
                    locale: (*locale).into(),
                    ..letter(content.clone())
                };
                let summary = Summary::of(&letter);
                assert!(
                    !summary.title.is_empty() && !summary.headline().starts_with(':'),
                    "{summary:?}"
                );
                assert!(
                    summary.action.label.len() > 3 && summary.action.url.starts_with("https://"),
                    "{summary:?}"
                );
                assert!(!summary.plain().contains('{'), "{summary:?}");
                assert_eq!(
                    summary.unsubscribe.is_some(),
                    comes_again(&letter.content),
                    "{summary:?}"
                );
            }
        }
    }

    #[test]
    fn an_incident_is_told_with_its_status_and_what_it_touches() {
        let mut letter = letter(Content::IncidentUpdated(news("Slow", "**Found** it")));
        letter.locale = "de".into();
        let summary = Summary::of(&letter);
        assert_eq!(summary.headline(), "Neuigkeit: Slow");
        assert_eq!(
            (summary.status.as_str(), summary.tone.hex().as_str()),
            ("Ursache gefunden", "#b04a10")
        );
        assert_eq!(
            summary.plain(),
            "Status: Ursache gefunden\nBetroffen: Checkout <API>: Teilausfall\nFound it"
        );
        assert_eq!(summary.action.url, "https://status.example.org/incidents/abc123");
    }

    #[test]
    fn maintenance_is_told_in_the_time_of_the_page() {
        let summary = Summary::of(&letter(Content::MaintenancePlanned(work("*Soon*"))));
        assert_eq!(summary.fields[1].value, "2026-11-24 04:00 CET to 2026-11-24 04:00 CET");
        assert_eq!(summary.tone, Tone::Maintenance);
    }

    #[test]
    fn who_is_asked_to_confirm_gets_a_link_or_a_code() {
        let with_link = Summary::of(&letter(Content::Confirm { code: None }));
        assert_eq!(with_link.action.url, "https://status.example.org/confirm/secret-token");
        let code = Some("123456".into());
        let with_code = Summary::of(&letter(Content::Confirm { code }));
        assert!(
            with_code.plain().starts_with("123456 is your code"),
            "{}",
            with_code.plain()
        );
    }
}
