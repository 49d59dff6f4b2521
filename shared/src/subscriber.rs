//! Subscribers: who wants to hear, of which components, and where.

use crate::channel::Channel;
use crate::page::locale;
use crate::preferences::Preferences;
use crate::problem::FieldCode;
use crate::{
    Check, ComponentGroupId, ComponentId, IncidentId, PageId, SubscriberId, SubscriptionId, Timestamp, Validate,
};

input! {
    /// What a subscription is about. All lists empty: everything.
    pub struct Scope {
        /// Groups stand for all that is in them, however deep, also later.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub groups: Vec<ComponentGroupId>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentId>,
        /// Incidents that are followed whatever they affect.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub incidents: Vec<IncidentId>,
    }

    /// The same by public codes. All lists empty: everything.
    pub struct PublicScope {
        /// Codes of groups.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub groups: Vec<String>,
        /// Codes of components.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<String>,
        /// Codes of incidents.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub incidents: Vec<String>,
    }
}

output! {
    /// Someone who hears of events.
    pub struct Subscriber {
        pub id: SubscriberId,
        pub page_id: PageId,
        pub locale: String,
        /// Words of the team's own, to find and sort people by.
        pub labels: Vec<String>,
        pub subscriptions: Vec<Subscription>,
        pub created_at: Timestamp,
    }

    /// What a subscriber hears, and where.
    pub struct Subscription {
        pub id: SubscriptionId,
        pub channel: Channel,
        /// The address on the channel.
        pub target: String,
        pub scope: Scope,
        // The console shows nothing of them, so it does not carry what would read them.
        #[cfg_attr(not(feature = "openapi"), serde(skip))]
        pub preferences: Preferences,
        /// Nothing is sent before the owner of the address has confirmed.
        pub confirmed_at: Option<Timestamp>,
        /// Set when the other side had refused for so long that nothing is sent any more.
        pub suspended_at: Option<Timestamp>,
    }

    /// What a subscriber sees of themselves behind the link in their mail.
    pub struct ManagedSubscription {
        pub channel: Channel,
        pub target: String,
        pub locale: String,
        pub is_confirmed: bool,
        pub scope: PublicScope,
        pub preferences: Preferences,
        /// What the signatures of a webhook are checked with.
        pub secret: Option<String>,
    }
}

input! {
    /// A wish to hear of a page's events; a confirmation is sent to the address.
    pub struct Subscribe {
        /// The code of the page; the page of this host if left out.
        pub page: Option<String>,
        /// `email` if left out; one of those the page offers.
        pub channel: Option<Channel>,
        /// The address on the channel.
        pub target: String,
        /// Everything if left out.
        pub scope: Option<PublicScope>,
        pub preferences: Option<Preferences>,
        pub locale: Option<String>,
    }

    /// The code that was sent to a phone.
    pub struct ConfirmByCode {
        /// The code of the page; the page of this host if left out.
        pub page: Option<String>,
        pub channel: Channel,
        pub target: String,
        pub code: String,
    }

    /// The secret from a link in a mail.
    pub struct SubscriptionToken {
        pub token: String,
    }

    /// What a subscriber changes about themselves; what is left out stays.
    pub struct ManageSubscription {
        pub token: String,
        pub scope: Option<PublicScope>,
        pub preferences: Option<Preferences>,
        pub locale: Option<String>,
    }

    /// A subscriber that an operator adds.
    pub struct NewSubscriber {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        /// `email` if left out.
        pub channel: Option<Channel>,
        /// The address on the channel.
        pub target: String,
        pub scope: Option<Scope>,
        #[cfg_attr(not(feature = "openapi"), serde(skip))]
        pub preferences: Option<Preferences>,
        pub locale: Option<String>,
        /// Words of the team's own, at most 20.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub labels: Vec<String>,
        /// The operator vouches that the owner of the address agreed. Otherwise a confirmation is sent. False if left out.
        pub is_confirmed: Option<bool>,
    }

    /// What an operator changes about a subscriber; what is left out stays.
    pub struct SubscriberPatch {
        pub scope: Option<Scope>,
        #[cfg_attr(not(feature = "openapi"), serde(skip))]
        pub preferences: Option<Preferences>,
        pub locale: Option<String>,
        /// In place of those before.
        pub labels: Option<Vec<String>>,
    }
}

input! {
    /// Subscribers as a table.
    pub struct ImportSubscribers {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        /// CSV with a head: `target`, and if wanted `channel`, `locale`, `labels` (with semicolons between) and `time_zone`.
        /// At most 10,000 lines.
        pub csv: String,
        /// Only tell what would happen. False if left out.
        pub is_dry_run: Option<bool>,
        /// You vouch that the owners of the addresses agreed. Otherwise each is asked. False if left out.
        pub is_confirmed: Option<bool>,
    }
}

output! {
    /// What became of a table.
    pub struct SubscriberImport {
        pub is_dry_run: bool,
        pub added: u32,
        /// Subscribed already, or twice in the table.
        pub known: u32,
        /// Lines that cannot be taken; the first 100 of them.
        pub refused: Vec<RefusedLine>,
        pub refused_count: u32,
    }

    /// Subscribers as a table.
    pub struct SubscriberTable {
        /// CSV, as an import takes it.
        pub csv: String,
    }

    /// A line that cannot be taken.
    pub struct RefusedLine {
        /// As an editor counts them, from 1.
        pub line: u32,
        pub reason: String,
    }
}

/// The most lines of one table.
pub const IMPORT_MAX: usize = 10_000;

impl Validate for ImportSubscribers {
    fn check(&self, check: &mut Check) {
        check.ensure(!self.csv.trim().is_empty(), "csv", FieldCode::Required, "is empty");
    }
}

/// The most components and groups one subscription names.
pub const SCOPE_MAX: usize = 500;

impl Scope {
    /// All components of the page, also those that come later.
    pub const fn all() -> Self {
        Self {
            groups: Vec::new(),
            components: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub fn is_all(&self) -> bool {
        self.groups.is_empty() && self.components.is_empty() && self.incidents.is_empty()
    }
}

impl PublicScope {
    pub const fn all() -> Self {
        Self {
            groups: Vec::new(),
            components: Vec::new(),
            incidents: Vec::new(),
        }
    }

    pub fn is_all(&self) -> bool {
        self.groups.is_empty() && self.components.is_empty() && self.incidents.is_empty()
    }
}

impl NewSubscriber {
    /// Someone who agreed to hear of everything, by e-mail.
    pub fn by_mail(address: impl Into<String>) -> Self {
        Self {
            page_id: None,
            channel: None,
            target: address.into(),
            scope: None,
            preferences: None,
            locale: None,
            labels: Vec::new(),
            is_confirmed: Some(true),
        }
    }
}

impl Validate for Scope {
    fn check(&self, check: &mut Check) {
        check.at_most("groups", &self.groups, SCOPE_MAX);
        check.at_most("components", &self.components, SCOPE_MAX);
        check.at_most("incidents", &self.incidents, SCOPE_MAX);
        check.distinct("groups", &self.groups);
        check.distinct("components", &self.components);
        check.distinct("incidents", &self.incidents);
    }
}

impl Validate for PublicScope {
    fn check(&self, check: &mut Check) {
        check.at_most("groups", &self.groups, SCOPE_MAX);
        check.at_most("components", &self.components, SCOPE_MAX);
        check.at_most("incidents", &self.incidents, SCOPE_MAX);
        check.distinct("groups", &self.groups);
        check.distinct("components", &self.components);
        check.distinct("incidents", &self.incidents);
    }
}

fn wished<S: Validate>(check: &mut Check, scope: Option<&S>, preferences: Option<&Preferences>) {
    if let Some(scope) = scope {
        check.nested("scope", scope);
    }
    if let Some(preferences) = preferences {
        check.nested("preferences", preferences);
    }
}

/// The most labels of one subscriber.
pub const LABELS_MAX: usize = 20;
/// The most characters of one label. A comma stands between two where they are kept.
pub const LABEL_MAX: usize = 23;

fn labels(check: &mut Check, labels: &[String]) {
    check.at_most("labels", labels, LABELS_MAX);
    check.distinct("labels", labels);
    for (i, label) in labels.iter().enumerate() {
        let field = format!("labels[{i}]");
        check.line(&field, label, LABEL_MAX);
        check.ensure(!label.contains(','), &field, FieldCode::BadFormat, "holds a comma");
    }
}

impl Validate for Subscribe {
    fn check(&self, check: &mut Check) {
        let channel = self.channel.unwrap_or(Channel::Email);
        check.take("target", channel.parse_target(&self.target));
        wished(check, self.scope.as_ref(), self.preferences.as_ref());
        locale(check, self.locale.as_ref());
    }
}

impl Validate for ManageSubscription {
    fn check(&self, check: &mut Check) {
        wished(check, self.scope.as_ref(), self.preferences.as_ref());
        locale(check, self.locale.as_ref());
    }
}

impl Validate for NewSubscriber {
    fn check(&self, check: &mut Check) {
        labels(check, &self.labels);
        let channel = self.channel.unwrap_or(Channel::Email);
        check.take("target", channel.parse_target(&self.target));
        wished(check, self.scope.as_ref(), self.preferences.as_ref());
        locale(check, self.locale.as_ref());
    }
}

impl Validate for SubscriberPatch {
    fn check(&self, check: &mut Check) {
        labels(check, self.labels.as_deref().unwrap_or_default());
        wished(check, self.scope.as_ref(), self.preferences.as_ref());
        locale(check, self.locale.as_ref());
    }
}
