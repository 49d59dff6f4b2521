//! From what the domain knows to what `notify` writes.

use shared::event::EventKind;
use shared::status_page::PublicPage;

use crate::domain::dispatch::{Dispatch, Story};
use crate::notify::{Content, Letter, News};

/// The letter of a delivery, or why there is none to write any more.
pub fn of_dispatch(dispatch: &Dispatch) -> Result<Letter, &'static str> {
    let content = match &*dispatch.story {
        Story::Incident { kind, incident, update } => incident_content(
            *kind,
            News {
                incident: incident.clone(),
                update: update.clone(),
            },
        ),
        Story::Component { name, from, to, at } => Content::ComponentStatusChanged {
            component: name.clone(),
            from: *from,
            to: *to,
            at: *at,
        },
        Story::Gone(reason) => return Err(reason),
    };
    Ok(Letter {
        locale: dispatch.locale.clone(),
        page: PublicPage::clone(&dispatch.page),
        token: Some(dispatch.token.clone()),
        content,
    })
}

fn incident_content(kind: EventKind, news: News) -> Content {
    match kind {
        EventKind::IncidentOpened => Content::IncidentOpened(news),
        EventKind::IncidentResolved => Content::IncidentResolved(news),
        // A component's change is a story of its own, so what comes here is an update.
        EventKind::IncidentUpdated | EventKind::ComponentStatusChanged => Content::IncidentUpdated(news),
    }
}
