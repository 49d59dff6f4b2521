//! `/members` and the invitations that become members.

use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use shared::MemberId;
use shared::list::MemberList;
use shared::member::{AcceptInvitation, Invitation, Member, MemberPatch, NewMember};

use super::extract::{Caller, Created, Guest};
use super::input::Input;
use super::session::{NewSession, WithPass};
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;

pub struct MemberApi;

#[OpenApi(tag = "Tag::Members")]
impl MemberApi {
    /// List members
    ///
    /// `q` finds part of a name or an address.
    #[oai(path = "/members", method = "get", operation_id = "list_members")]
    async fn list(
        &self,
        cx: Caller,
        q: Query<Option<String>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<MemberList>> {
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(domain::member::list(&cx, q.0, &paging).await?))
    }

    /// Invite a member
    ///
    /// The link is mailed, and shown in this answer only. It lets them choose a password, once.
    #[oai(path = "/members", method = "post", operation_id = "create_member")]
    async fn create(&self, cx: Caller, input: Input<NewMember>) -> ApiResult<Created<Invitation>> {
        let invitation = domain::member::create(&cx, input.0).await?;
        let address = format!("/api/v3/members/{}", invitation.member.id);
        Ok(Created(invitation, address))
    }

    /// Get a member
    #[oai(path = "/members/:id", method = "get", operation_id = "get_member")]
    async fn get(&self, cx: Caller, id: Path<MemberId>) -> ApiResult<Json<Member>> {
        Ok(Json(domain::member::get(&cx, id.0).await?))
    }

    /// Change a member
    ///
    /// Disabling one signs them out at once. The last owner can neither be disabled nor given another role.
    #[oai(path = "/members/:id", method = "patch", operation_id = "update_member")]
    async fn update(&self, cx: Caller, id: Path<MemberId>, input: Input<MemberPatch>) -> ApiResult<Json<Member>> {
        Ok(Json(domain::member::update(&cx, id.0, input.0).await?))
    }

    /// Make a new invitation link
    ///
    /// For someone who lost the first, or forgot their password. The link before is void.
    #[oai(path = "/members/:id/invitation", method = "post", operation_id = "invite_member")]
    async fn invite(&self, cx: Caller, id: Path<MemberId>) -> ApiResult<Json<Invitation>> {
        Ok(Json(domain::member::invite(&cx, id.0).await?))
    }

    /// Accept an invitation
    ///
    /// The token of the link is the credential. Answers with the member signed in.
    #[oai(path = "/invitations/accept", method = "post", operation_id = "accept_invitation")]
    async fn accept(&self, cx: Guest, input: Input<AcceptInvitation>) -> ApiResult<WithPass<NewSession>> {
        let signed_in = domain::member::accept_invitation(&cx, input.0).await?;
        Ok(NewSession::of(&cx, signed_in))
    }
}
