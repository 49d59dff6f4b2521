//! Members: people with a login.

use crate::access::{Permission, Role};
use crate::page::locale;
use crate::problem::FieldCode;
use crate::text::{EmailAddress, NAME_MAX};
use crate::{Check, MemberId, Timestamp, Validate};

output! {
    /// A person with a login.
    pub struct Member {
        pub id: MemberId,
        pub email: String,
        pub name: String,
        pub role: Role,
        /// Disabled members cannot sign in; what they did stays theirs.
        pub is_active: bool,
        /// Invited, but without a password yet.
        pub is_invited: bool,
        pub locale: String,
        pub last_sign_in_at: Option<Timestamp>,
        pub created_at: Timestamp,
    }

    /// Who is signed in, and what they may do.
    pub struct Me {
        pub member: Member,
        pub permissions: Vec<Permission>,
    }

    /// A link that lets someone choose a password, once. It is shown here and never again.
    pub struct Invitation {
        pub member: Member,
        pub url: String,
        pub expires_at: Timestamp,
    }

    /// Whether the installation still waits for its first owner.
    pub struct SetupState {
        pub is_needed: bool,
    }
}

input! {
    /// The first owner, on a new installation.
    pub struct Setup {
        /// From the link that the server printed.
        pub token: String,
        pub email: String,
        pub name: String,
        pub password: String,
        /// The name of the page.
        pub page_name: Option<String>,
        /// The time zone of the page.
        pub time_zone: Option<String>,
    }

    /// Someone to invite.
    pub struct NewMember {
        pub email: String,
        pub name: String,
        pub role: Role,
    }

    /// What to change about a member; what is left out stays.
    pub struct MemberPatch {
        pub name: Option<String>,
        pub role: Option<Role>,
        pub is_active: Option<bool>,
    }

    /// What members change about themselves; what is left out stays.
    pub struct MePatch {
        pub name: Option<String>,
        pub locale: Option<String>,
    }

    /// A new password in place of the present one. All other browsers are signed out.
    pub struct ChangePassword {
        pub current_password: String,
        pub new_password: String,
    }

    /// An invitation taken up.
    pub struct AcceptInvitation {
        pub token: String,
        pub password: String,
    }
}

/// Shortest password, in characters. Whether it is too easy to guess is judged by zxcvbn on the server.
pub const PASSWORD_MIN: usize = 12;
/// Longest password, in characters; longer ones only cost time.
pub const PASSWORD_MAX: usize = 256;

/// The rules a password can be held to without knowing whose it is.
pub fn check_password(check: &mut Check, field: &str, password: &str) {
    let length = password.chars().count();
    let short = length < PASSWORD_MIN;
    check.ensure(!short, field, FieldCode::TooShort, "has fewer than 12 characters");
    check.ensure(
        length <= PASSWORD_MAX,
        field,
        FieldCode::TooLong,
        "has more than 256 characters",
    );
}

impl Validate for Setup {
    fn check(&self, check: &mut Check) {
        check.take("email", EmailAddress::parse(&self.email));
        check.line("name", &self.name, NAME_MAX);
        check_password(check, "password", &self.password);
        check.optional_line("page_name", self.page_name.as_ref(), NAME_MAX);
    }
}

impl Validate for NewMember {
    fn check(&self, check: &mut Check) {
        check.take("email", EmailAddress::parse(&self.email));
        check.line("name", &self.name, NAME_MAX);
    }
}

impl Validate for MemberPatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
    }
}

impl Validate for MePatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        locale(check, self.locale.as_ref());
    }
}

impl Validate for ChangePassword {
    fn check(&self, check: &mut Check) {
        check_password(check, "new_password", &self.new_password);
    }
}

impl Validate for AcceptInvitation {
    fn check(&self, check: &mut Check) {
        check_password(check, "password", &self.password);
    }
}
