//! A document ready to be shown: its Markdown has become safe HTML.
//!
//! Only the server prepares documents. The app reads prepared ones out of the pages it is served, so it needs no
//! Markdown parser, which would be a third of all that a visitor loads.

use crate::json;
use crate::pages::status::PublicDocument;
use crate::pages::status::drawn::Drawn;

/// The views take nothing else, so unsafe HTML cannot reach them.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    document: PublicDocument,
    drawn: Drawn,
}

impl Prepared {
    /// The document, whose messages are HTML, and what was drawn of it.
    pub fn into_parts(self) -> (PublicDocument, Drawn) {
        (self.document, self.drawn)
    }

    /// A look at the document.
    pub const fn document(&self) -> &PublicDocument {
        &self.document
    }

    /// The same, saying that it is so many minutes old and that there is nothing newer to be had.
    #[must_use]
    pub fn aged(mut self, minutes: u64) -> Self {
        self.document.frame.stale_min = Some(minutes);
        self
    }

    /// Reads a document out of the page it stands in.
    pub fn find_in(html: &str) -> Option<Self> {
        let (_, rest) = html.split_once("id=\"signet-data\">")?;
        let (json, _) = rest.split_once("</script>")?;
        Some(Self {
            document: json::read(json).ok()?,
            drawn: Drawn::find_in(html),
        })
    }
}

#[cfg(feature = "ssr")]
mod preparing {
    use shared::status_page::{PublicIncident, PublicMaintenance, PublicPage, StatusPage};

    use super::{Prepared, PublicDocument};
    use crate::i18n::{Locale, t};
    use crate::pages::status::PublicView;
    use crate::pages::status::drawing::draw;
    use crate::ui::markdown::to_html;

    impl Prepared {
        /// Turns every Markdown of the document into safe HTML, and draws what the server draws.
        pub fn new(mut document: PublicDocument) -> Self {
            let drawn = draw(&mut document);
            let locale = document.locale;
            let incident = |incident: &mut PublicIncident| self::incident(locale, incident);
            page(&mut document.frame.page);
            match &mut document.view {
                PublicView::Overview { status, .. } => overview(locale, status),
                PublicView::Incident { incident, .. } => self::incident(locale, incident),
                PublicView::Maintenance { maintenance } => self::maintenance(maintenance),
                PublicView::History { history, .. } => {
                    history.incidents.iter_mut().for_each(incident);
                    history.maintenances.iter_mut().for_each(maintenance);
                }
                PublicView::Plain(_) => {}
            }
            Self { document, drawn }
        }
    }

    fn overview(locale: Locale, status: &mut StatusPage) {
        page(&mut status.page);
        let shown = status.incidents.iter_mut().chain(&mut status.recent);
        shown.for_each(|shown| incident(locale, shown));
        status.maintenances.iter_mut().for_each(maintenance);
        status.upcoming.iter_mut().for_each(maintenance);
    }

    fn page(page: &mut PublicPage) {
        page.description = page.description.as_deref().map(to_html);
    }

    fn incident(locale: Locale, incident: &mut PublicIncident) {
        for update in &mut incident.updates {
            update.message = to_html(&update.message);
            if update.edited_at.is_some() {
                // Our own words, so that the app need not know of edits.
                update.message += &format!("<p class=\"quiet small\">{}</p>", t::status::edited(locale));
            }
        }
    }

    fn maintenance(maintenance: &mut PublicMaintenance) {
        maintenance.message = to_html(&maintenance.message);
        for update in &mut maintenance.updates {
            update.message = to_html(&update.message);
        }
    }
}
