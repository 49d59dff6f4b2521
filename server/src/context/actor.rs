//! Who is asking.

use std::net::IpAddr;

use shared::access::{Permission, Role};
use shared::audit::ActorKind;
use shared::problem::Code;
use shared::{MemberId, SubscriptionId};

use crate::error::{Error, Result};

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know.
    Visitor,
    /// Someone with a login, and the sign-in they came by.
    Member {
        id: MemberId,
        name: String,
        role: Role,
        family: String,
    },
    /// Someone with the link from a mail.
    Subscriber { id: SubscriptionId },
    /// The server itself: `schedule`, `setup`, `command line`.
    System(&'static str),
}

/// Where a request came from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub request_id: Option<String>,
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Actor {
    /// The gate in front of every use case.
    pub fn require(&self, permission: Permission) -> Result<()> {
        match self {
            Self::System(_) => Ok(()),
            Self::Member { role, .. } if role.may(permission) => Ok(()),
            Self::Member { role, .. } => Err(Error::refused(
                Code::Forbidden,
                format!("{permission} is needed, and the role {role} does not have it"),
            )),
            Self::Visitor | Self::Subscriber { .. } => Err(Error::refused(Code::Unauthenticated, "sign in first")),
        }
    }

    /// The signed-in member.
    pub fn member(&self) -> Result<MemberId> {
        match self {
            Self::Member { id, .. } => Ok(*id),
            Self::Visitor | Self::Subscriber { .. } | Self::System(_) => {
                Err(Error::refused(Code::Unauthenticated, "sign in first"))
            }
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    pub fn kind(&self) -> ActorKind {
        match self {
            Self::Visitor => ActorKind::Visitor,
            Self::Member { .. } => ActorKind::Member,
            Self::Subscriber { .. } => ActorKind::Subscriber,
            Self::System(_) => ActorKind::System,
        }
    }

    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Member { id, .. } => Some(id.0),
            Self::Subscriber { id } => Some(id.0),
            Self::Visitor | Self::System(_) => None,
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Visitor => "visitor",
            Self::Member { name, .. } => name,
            Self::Subscriber { .. } => "subscriber",
            Self::System(part) => part,
        }
    }
}
