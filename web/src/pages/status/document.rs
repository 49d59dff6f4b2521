//! What one public address shows, as the server puts it together and the app reads it.

#[cfg(feature = "ssr")]
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use shared::announcement::PublicAnnouncement;
use shared::channel::Channel;
use shared::metric::PublicMetric;
use shared::postmortem::PublicPostmortem;
use shared::preferences::Preferences;
use shared::status_page::{
    HistoryDay, HistoryMonth, Overall, PublicComponent, PublicGroup, PublicIncident, PublicMaintenance, PublicPage,
    SearchResults, StatusPage,
};
use shared::subscriber::{ManagedSubscription, PublicScope};
use shared::uptime::{ComponentUptime, MonthUptime, PageUptime, UptimeExplanation};
use shared::{FieldError, Timestamp};

use crate::i18n::Locale;

/// One public address and all that it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicDocument {
    /// The language it is written in.
    pub locale: Locale,
    /// True if the visitor asked for the language with `?lang=`; links then carry it on.
    #[serde(default)]
    pub is_locale_chosen: bool,
    /// The path and query without `lang`, such as `/history?month=2026-11`.
    pub path: String,
    pub frame: Frame,
    pub view: PublicView,
}

/// What surrounds every view: whose page it is and how things are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub page: PublicPage,
    pub overall: Overall,
    /// The version of the page the document was written at; the stream tells of newer ones.
    pub version: i64,
    pub as_of: Timestamp,
    /// How many minutes old all of this is, if the server cannot read anything newer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_min: Option<u64>,
}

/// What the address shows.
// One lives at a time: a box would cost more than the unused bytes.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicView {
    /// `/`
    Overview {
        status: StatusPage,
        /// What only the server draws from; the app takes over the drawings.
        #[serde(skip)]
        extras: Extras,
    },
    /// `/incidents/{code}`
    Incident {
        incident: PublicIncident,
        #[serde(skip)]
        extras: Extras,
    },
    /// `/maintenance/{code}`
    Maintenance { maintenance: PublicMaintenance },
    /// `/history?month=…`; `older` and `newer` are months that can be shown.
    History {
        history: HistoryMonth,
        older: Option<String>,
        newer: Option<String>,
        /// What only the server draws from.
        #[serde(skip)]
        days: Vec<HistoryDay>,
    },
    /// What works without the app, which therefore never reads it.
    #[serde(skip)]
    Plain(PlainView),
}

/// What a view shows beside what the app knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extras {
    /// The bars of the components and the figures of the groups.
    pub uptime: Option<PageUptime>,
    /// What the page announces, newest first.
    pub announcements: Vec<PublicAnnouncement>,
    /// What the incident taught can be read.
    pub has_postmortem: bool,
    /// The charts below the components.
    #[cfg(feature = "ssr")]
    pub metrics: Arc<Vec<PublicMetric>>,
}

/// A view that only the server writes: forms, answers, notices.
#[derive(Debug, Clone, PartialEq)]
pub enum PlainView {
    /// `/subscribe`
    Subscribe {
        groups: Vec<PublicGroup>,
        components: Vec<PublicComponent>,
        form: Box<SubscribeForm>,
        /// The time zone of the page.
        zone: String,
    },
    /// `/components/{slug}`
    Component(Box<ComponentStory>),
    /// `/incidents/{code}/postmortem`
    Postmortem(Box<PublicPostmortem>),
    /// `/search?q=…`
    Search(SearchPage),
    /// `/charts/{slug}?range=…`
    Metric(Box<PublicMetric>),
    /// `/confirm/{token}`
    Confirm { token: String, asked: Asked },
    /// `/manage/{token}`
    Manage {
        groups: Vec<PublicGroup>,
        components: Vec<PublicComponent>,
        form: Box<ManageForm>,
        /// The time zone of the page.
        zone: String,
    },
    /// `/unsubscribe/{token}`
    Unsubscribe { token: String, asked: Asked },
    /// Any address with nothing behind it; the answer is a 404.
    NotFound,
    /// The server cannot say how things are; the answer is a 503.
    Unavailable,
}

/// A component, and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentStory {
    pub component: PublicComponent,
    /// Its bar, and decimal places of figures.
    pub uptime: Option<ComponentUptime>,
    pub places: u8,
    /// Newest first.
    pub months: Vec<MonthUptime>,
    /// The figure of those days and what it was made from.
    pub explanation: UptimeExplanation,
    /// Newest first.
    pub incidents: Vec<PublicIncident>,
}

/// What was looked for, and what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// As typed.
    pub q: String,
    /// None: nothing was asked, or not in a way that can be answered.
    pub found: Option<SearchResults>,
    /// What is wrong with what was asked.
    pub flaw: Option<FieldError>,
}

/// How far someone got with the form of `/subscribe`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubscribeForm {
    /// Those the page offers.
    pub channels: Vec<Channel>,
    /// None: the first that is offered.
    pub channel: Option<Channel>,
    pub target: String,
    /// None: everything.
    pub scope: Option<PublicScope>,
    /// The title of the one incident that is to be followed; its code stands in the scope.
    pub incident: Option<String>,
    pub preferences: Option<Preferences>,
    /// What is wrong with what was sent.
    pub errors: Vec<FieldError>,
    /// Taken: a message is on its way.
    pub is_sent: bool,
}

/// The form of `/manage/{token}`.
#[derive(Debug, Clone, PartialEq)]
pub struct ManageForm {
    pub token: String,
    /// None: the token is no longer good.
    pub subscription: Option<ManagedSubscription>,
    pub errors: Vec<FieldError>,
    pub is_saved: bool,
}

/// Where a page stands that asks one question (links in mails only ask; the button does it).
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// The question with its button.
    Open,
    /// Done; `target` is the address it was about, if it can be told.
    Done { target: Option<String> },
    /// The link was used, has expired, or never was one.
    Expired,
}

impl Frame {
    /// The frame of a page as it is now.
    pub fn of(status: &StatusPage) -> Self {
        Self {
            page: status.page.clone(),
            overall: status.overall.clone(),
            version: status.version,
            as_of: status.as_of,
            stale_min: None,
        }
    }

    /// For when not even the name of the page is known.
    pub fn unknown(as_of: Timestamp) -> Self {
        Self {
            page: PublicPage {
                id: String::new(),
                name: "Status".into(),
                description: None,
                website_url: None,
                url: String::new(),
                locale: Locale::default().tag().into(),
                time_zone: "UTC".into(),
                accent: "#0f766e".into(),
            },
            overall: Overall {
                status: shared::component::ComponentStatus::Unknown,
                open_incidents: 0,
            },
            version: 0,
            as_of,
            stale_min: None,
        }
    }
}

impl PublicView {
    /// True if the app has something to do here: times to rewrite, news to bring.
    pub const fn is_live(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// True if search engines should pass it by.
    pub const fn is_private(&self) -> bool {
        match self {
            Self::Overview { .. } | Self::Incident { .. } | Self::Maintenance { .. } | Self::History { .. } => false,
            Self::Plain(
                PlainView::Subscribe { .. } | PlainView::Component(_) | PlainView::Postmortem(_) | PlainView::Metric(_),
            ) => false,
            Self::Plain(
                PlainView::Search(_)
                | PlainView::Confirm { .. }
                | PlainView::Manage { .. }
                | PlainView::Unsubscribe { .. }
                | PlainView::NotFound
                | PlainView::Unavailable,
            ) => true,
        }
    }
}

impl From<PlainView> for PublicView {
    fn from(view: PlainView) -> Self {
        Self::Plain(view)
    }
}
