//! From what the domain knows to what `notify` writes.

use shared::event::EventKind;
use shared::status_page::PublicPage;

use crate::domain::dispatch::{Dispatch, Story};
use crate::notify::{Content, Letter, News, Work};

/// The letter to all who hear of some deliveries' events in their language, with `token` where each has their own; or why there
/// is none to write any more.
pub fn of_stories(stories: &[Dispatch], token: &str) -> Result<Letter, &'static str> {
    let (Some(first), true) = (stories.first(), stories.len() > 1) else {
        let only = stories.first().ok_or("there is nothing to say")?;
        return Ok(letter(only, token, content(only)?));
    };
    // What is not to be told any more is left out; if that is all of it, the first says why.
    let told: Vec<Content> = stories.iter().filter_map(|story| content(story).ok()).collect();
    if told.is_empty() {
        content(first)?;
    }
    Ok(letter(first, token, Content::Digest(told)))
}

fn letter(dispatch: &Dispatch, token: &str, content: Content) -> Letter {
    Letter {
        locale: dispatch.locale.clone(),
        page: PublicPage::clone(&dispatch.page),
        token: Some(token.to_owned()),
        content,
    }
}

fn content(dispatch: &Dispatch) -> Result<Content, &'static str> {
    Ok(match &*dispatch.story {
        Story::Incident { kind, incident, update } => incident_content(
            *kind,
            News {
                incident: incident.clone(),
                update: update.clone(),
            },
        ),
        Story::Maintenance {
            kind,
            maintenance,
            message,
        } => maintenance_content(
            *kind,
            Work {
                maintenance: maintenance.clone(),
                message: message.clone(),
            },
        ),
        Story::Postmortem(postmortem) => Content::PostmortemPublished(postmortem.clone()),
        Story::Announcement(announcement) => Content::AnnouncementPublished(announcement.clone()),
        Story::Component {
            code,
            name,
            from,
            to,
            at,
        } => Content::ComponentStatusChanged {
            id: Some(code.clone()),
            component: name.clone(),
            from: *from,
            to: *to,
            at: *at,
        },
        Story::Gone(reason) => return Err(reason),
    })
}

fn incident_content(kind: EventKind, news: News) -> Content {
    match kind {
        EventKind::IncidentOpened => Content::IncidentOpened(news),
        EventKind::IncidentResolved => Content::IncidentResolved(news),
        // The others are stories of their own, so what comes here is an update.
        EventKind::IncidentUpdated
        | EventKind::ComponentStatusChanged
        | EventKind::MaintenancePlanned
        | EventKind::MaintenanceReminder
        | EventKind::MaintenanceStarted
        | EventKind::MaintenanceUpdated
        | EventKind::MaintenanceEnded
        | EventKind::MaintenanceCancelled
        | EventKind::PostmortemPublished
        | EventKind::AnnouncementPublished => Content::IncidentUpdated(news),
    }
}

fn maintenance_content(kind: EventKind, work: Work) -> Content {
    match kind {
        EventKind::MaintenancePlanned => Content::MaintenancePlanned(work),
        EventKind::MaintenanceReminder => Content::MaintenanceReminder(work),
        EventKind::MaintenanceStarted => Content::MaintenanceStarted(work),
        EventKind::MaintenanceEnded => Content::MaintenanceEnded(work),
        EventKind::MaintenanceCancelled => Content::MaintenanceCancelled(work),
        EventKind::MaintenanceUpdated
        | EventKind::IncidentOpened
        | EventKind::IncidentUpdated
        | EventKind::IncidentResolved
        | EventKind::ComponentStatusChanged
        | EventKind::PostmortemPublished
        | EventKind::AnnouncementPublished => Content::MaintenanceUpdated(work),
    }
}
