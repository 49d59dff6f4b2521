//! Subscribers: who wants to hear, of which components, and where.

pub use crate::channel::Channel;
use crate::page::locale;
use crate::text::EmailAddress;
use crate::{Check, ComponentGroupId, ComponentId, PageId, SubscriberId, SubscriptionId, Timestamp, Validate};

input! {
    /// Which components a subscription is about. Both lists empty: all of them.
    pub struct Scope {
        /// Groups stand for all that is in them, however deep, also later.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub groups: Vec<ComponentGroupId>,
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<ComponentId>,
    }

    /// Which components, by their public codes. Both lists empty: all of them.
    pub struct PublicScope {
        /// Codes of groups.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub groups: Vec<String>,
        /// Codes of components.
        #[serde(default)]
        #[cfg_attr(feature = "openapi", oai(default))]
        pub components: Vec<String>,
    }
}

output! {
    /// Someone who hears of events.
    pub struct Subscriber {
        pub id: SubscriberId,
        pub page_id: PageId,
        pub locale: String,
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
        /// Nothing is sent before the owner of the address has confirmed.
        pub confirmed_at: Option<Timestamp>,
    }

    /// What a subscriber sees of themselves behind the link in their mail.
    pub struct ManagedSubscription {
        pub channel: Channel,
        pub target: String,
        pub locale: String,
        pub is_confirmed: bool,
        pub scope: PublicScope,
    }
}

input! {
    /// A wish to hear of a page's events; a confirmation is sent to the address.
    pub struct Subscribe {
        /// The code of the page; the page of this host if left out.
        pub page: Option<String>,
        pub email: String,
        /// All components if left out.
        pub scope: Option<PublicScope>,
        pub locale: Option<String>,
    }

    /// The secret from a link in a mail.
    pub struct SubscriptionToken {
        pub token: String,
    }

    /// What a subscriber changes about themselves; what is left out stays.
    pub struct ManageSubscription {
        pub token: String,
        pub scope: Option<PublicScope>,
        pub locale: Option<String>,
    }

    /// A subscriber that an operator adds.
    pub struct NewSubscriber {
        /// The default page if left out.
        pub page_id: Option<PageId>,
        pub email: String,
        pub scope: Option<Scope>,
        pub locale: Option<String>,
        /// The operator vouches that the owner of the address agreed. Otherwise a confirmation is sent. False if left out.
        pub is_confirmed: Option<bool>,
    }

    /// What an operator changes about a subscriber; what is left out stays.
    pub struct SubscriberPatch {
        pub scope: Option<Scope>,
        pub locale: Option<String>,
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
        }
    }

    pub fn is_all(&self) -> bool {
        self.groups.is_empty() && self.components.is_empty()
    }
}

impl PublicScope {
    pub const fn all() -> Self {
        Self {
            groups: Vec::new(),
            components: Vec::new(),
        }
    }

    pub fn is_all(&self) -> bool {
        self.groups.is_empty() && self.components.is_empty()
    }
}

impl Validate for Scope {
    fn check(&self, check: &mut Check) {
        check.at_most("groups", &self.groups, SCOPE_MAX);
        check.at_most("components", &self.components, SCOPE_MAX);
        check.distinct("groups", &self.groups);
        check.distinct("components", &self.components);
    }
}

impl Validate for PublicScope {
    fn check(&self, check: &mut Check) {
        check.at_most("groups", &self.groups, SCOPE_MAX);
        check.at_most("components", &self.components, SCOPE_MAX);
        check.distinct("groups", &self.groups);
        check.distinct("components", &self.components);
    }
}

impl Validate for Subscribe {
    fn check(&self, check: &mut Check) {
        check.take("email", EmailAddress::parse(&self.email));
        if let Some(scope) = &self.scope {
            check.nested("scope", scope);
        }
        locale(check, self.locale.as_ref());
    }
}

impl Validate for ManageSubscription {
    fn check(&self, check: &mut Check) {
        if let Some(scope) = &self.scope {
            check.nested("scope", scope);
        }
        locale(check, self.locale.as_ref());
    }
}

impl Validate for NewSubscriber {
    fn check(&self, check: &mut Check) {
        check.take("email", EmailAddress::parse(&self.email));
        if let Some(scope) = &self.scope {
            check.nested("scope", scope);
        }
        locale(check, self.locale.as_ref());
    }
}

impl Validate for SubscriberPatch {
    fn check(&self, check: &mut Check) {
        if let Some(scope) = &self.scope {
            check.nested("scope", scope);
        }
        locale(check, self.locale.as_ref());
    }
}
