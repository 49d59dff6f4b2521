//! The console's side of the contract: one typed function per operation, named as the operation is.
//!
//! [`Api`] is a handle that components copy about. How a request is sent, repeated and signed is `transport`'s
//! business; what an error means to a person is `state::problem`'s.

mod transport;

use leptos::prelude::*;
use shared::access::Permission;
use shared::announcement::{Announcement, AnnouncementPatch, AnnouncementStatus, NewAnnouncement};
use shared::component::{
    Component, ComponentGroup, ComponentGroupPatch, ComponentPatch, ComponentStatus, NewComponent, NewComponentGroup,
    ReorderComponents, SetComponentStatus,
};
use shared::delivery::{Delivery, DeliveryDetail, DeliveryStatus};
use shared::incident::{
    Incident, IncidentPatch, NewIncident, NewIncidentUpdate, PreviewRecipients, RecipientPreview, ReopenIncident,
    ResolveIncident,
};
use shared::incident_entry::{IncidentUpdatePatch, MergeIncident};
use shared::list::{
    AnnouncementList, AuditList, ComponentGroupList, ComponentList, DeliveryList, IncidentList,
    IncidentUpdateRevisionList, MAX_LIMIT, MaintenanceList, MemberList, MetricList, Order, PageList,
    StatusCorrectionList, SubscriberList, TemplateList,
};
use shared::maintenance::{
    AdvanceMaintenance, CancelMaintenance, Maintenance, MaintenancePatch, MaintenanceStatus, NewMaintenance,
    NewMaintenanceUpdate, PreviewRecurrence, RecurrencePreview,
};
use shared::member::{
    AcceptInvitation, ChangePassword, Invitation, Me, MePatch, Member, MemberPatch, NewMember, Setup, SetupState,
};
use shared::metric::{
    Metric, MetricPatch, MetricSourceTrial, NewMetric, ReorderMetrics, SetMetricSource, TryMetricSource,
};
use shared::page::{NewPage, Page, PagePatch};
use shared::postmortem::{Postmortem, PublishPostmortem, WritePostmortem};
use shared::session::{Login, Session};
use shared::subscriber::{NewSubscriber, Subscriber, SubscriberPatch};
use shared::system::{SystemState, TestMail, TestMailResult};
use shared::template::{NewTemplate, RenderTemplate, RenderedTemplate, Template, TemplateKind, TemplatePatch};
use shared::uptime::{NewStatusCorrection, StatusCorrection};
use shared::{
    AnnouncementId, ComponentGroupId, ComponentId, DeliveryId, IncidentId, IncidentUpdateId, MaintenanceId, MemberId,
    MetricId, PageId, SubscriberId, TemplateId,
};

use crate::state::session::SessionState;

pub use transport::{ApiError, ApiResult, SubmitKey, Versioned};
use transport::{Call, Query};

/// A handle on the server, as whoever is signed in.
#[derive(Clone, Copy)]
pub struct Api {
    session: SessionState,
}

/// The handle of the console this component stands in.
pub fn use_api() -> Api {
    expect_context()
}

/// Which incidents to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct IncidentFilter {
    pub page: Option<PageId>,
    pub component: Option<ComponentId>,
    pub is_open: Option<bool>,
    pub is_draft: Option<bool>,
    pub is_scheduled: Option<bool>,
    pub is_merged: Option<bool>,
    pub tag: Option<String>,
    pub text: String,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Which maintenance to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MaintenanceFilter {
    pub page: Option<PageId>,
    pub status: Option<MaintenanceStatus>,
    pub is_running: Option<bool>,
    pub is_over: Option<bool>,
    pub series: Option<MaintenanceId>,
    pub text: String,
    /// By the planned beginning; the latest first if left out.
    pub order: Option<Order>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Which subscribers to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubscriberFilter {
    pub page: Option<PageId>,
    pub is_confirmed: Option<bool>,
    pub text: String,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeliveryFilter {
    pub page: Option<PageId>,
    pub incident: Option<IncidentId>,
    pub maintenance: Option<MaintenanceId>,
    pub status: Option<DeliveryStatus>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Which entries of the audit trail to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    pub subject_kind: Option<String>,
    pub cursor: Option<String>,
}

/// Which templates to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TemplateFilter {
    pub page: Option<PageId>,
    pub kind: Option<TemplateKind>,
    pub text: String,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// Which announcements to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnnouncementFilter {
    pub page: Option<PageId>,
    pub status: Option<AnnouncementStatus>,
    pub text: String,
    pub cursor: Option<String>,
}

/// Whose components to list; all of them are fetched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComponentFilter {
    pub page: Option<PageId>,
    pub status: Option<ComponentStatus>,
}

impl Api {
    /// A handle that signs requests with what `session` holds.
    pub const fn new(session: SessionState) -> Self {
        Self { session }
    }

    /// Who is signed in, as far as is known.
    pub const fn session(self) -> SessionState {
        self.session
    }

    /// True if whoever is signed in has the permission. Reactive.
    pub fn may(self, permission: Permission) -> bool {
        self.session
            .me
            .with(|me| me.as_ref().is_some_and(|me| me.permissions.contains(&permission)))
    }
}

/// Setup and signing in.
impl Api {
    pub async fn get_setup(self) -> ApiResult<SetupState> {
        self.open(Call::get("/setup")).await
    }

    pub async fn complete_setup(self, input: &Setup, key: &SubmitKey) -> ApiResult<()> {
        let session = self.open(Call::post("/setup", input).keyed(key)).await?;
        self.signed_in(session);
        Ok(())
    }

    pub async fn accept_invitation(self, input: &AcceptInvitation, key: &SubmitKey) -> ApiResult<()> {
        let session = self.open(Call::post("/invitations/accept", input).keyed(key)).await?;
        self.signed_in(session);
        Ok(())
    }

    pub async fn create_session(self, input: &Login) -> ApiResult<()> {
        let session = self.open(Call::post("/sessions", input)).await?;
        self.signed_in(session);
        Ok(())
    }

    /// Signs in again with the cookie of an earlier visit; false if there is none that still holds.
    pub async fn resume_session(self) -> ApiResult<bool> {
        self.refresh().await
    }

    pub async fn delete_session(self) -> ApiResult<()> {
        let left = self.open(Call::bare_post("/sessions/logout")).await;
        self.session.leave();
        left
    }

    fn signed_in(self, session: Session) {
        self.session.enter(session);
        self.refresh_ahead();
    }
}

/// Whoever is signed in.
impl Api {
    pub async fn get_me(self) -> ApiResult<Me> {
        self.ask(Call::get("/me")).await
    }

    pub async fn update_me(self, input: &MePatch) -> ApiResult<Me> {
        let me: Me = self.ask(Call::patch("/me", input)).await?;
        self.session.me.set(Some(me.clone()));
        Ok(me)
    }

    pub async fn change_password(self, input: &ChangePassword, key: &SubmitKey) -> ApiResult<()> {
        self.tell(Call::post("/me/password", input).keyed(key)).await
    }
}

/// Members.
impl Api {
    pub async fn list_members(self, cursor: Option<String>) -> ApiResult<MemberList> {
        let query = Query::default().with("limit", MAX_LIMIT).maybe("cursor", cursor);
        self.ask(Call::get("/members").query(query)).await
    }

    pub async fn create_member(self, input: &NewMember, key: &SubmitKey) -> ApiResult<Invitation> {
        self.ask(Call::post("/members", input).keyed(key)).await
    }

    pub async fn update_member(self, id: MemberId, input: &MemberPatch) -> ApiResult<Member> {
        self.ask(Call::patch(format!("/members/{id}"), input)).await
    }

    pub async fn invite_member(self, id: MemberId, key: &SubmitKey) -> ApiResult<Invitation> {
        self.ask(Call::bare_post(format!("/members/{id}/invitation")).keyed(key))
            .await
    }
}

/// Pages.
impl Api {
    pub async fn list_pages(self) -> ApiResult<PageList> {
        let query = Query::default().with("limit", MAX_LIMIT);
        self.ask(Call::get("/pages").query(query)).await
    }

    pub async fn create_page(self, input: &NewPage, key: &SubmitKey) -> ApiResult<Page> {
        self.ask(Call::post("/pages", input).keyed(key)).await
    }

    pub async fn get_page(self, id: PageId) -> ApiResult<Versioned<Page>> {
        self.ask_versioned(Call::get(format!("/pages/{id}"))).await
    }

    pub async fn update_page(self, id: PageId, input: &PagePatch, etag: Option<String>) -> ApiResult<Versioned<Page>> {
        self.ask_versioned(Call::patch(format!("/pages/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_page(self, id: PageId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/pages/{id}"))).await
    }
}

/// Groups and components.
impl Api {
    /// All groups of a page, however many requests that takes.
    pub async fn list_component_groups(self, page: Option<PageId>) -> ApiResult<Vec<ComponentGroup>> {
        let mut groups = Vec::new();
        let mut cursor = None;
        loop {
            let query = Query::default()
                .with("limit", MAX_LIMIT)
                .maybe("page_id", page)
                .maybe("cursor", cursor);
            let list: ComponentGroupList = self.ask(Call::get("/component-groups").query(query)).await?;
            groups.extend(list.items);
            cursor = list.next_cursor;
            if cursor.is_none() {
                return Ok(groups);
            }
        }
    }

    pub async fn create_component_group(self, input: &NewComponentGroup, key: &SubmitKey) -> ApiResult<ComponentGroup> {
        self.ask(Call::post("/component-groups", input).keyed(key)).await
    }

    pub async fn get_component_group(self, id: ComponentGroupId) -> ApiResult<Versioned<ComponentGroup>> {
        self.ask_versioned(Call::get(format!("/component-groups/{id}"))).await
    }

    pub async fn update_component_group(
        self,
        id: ComponentGroupId,
        input: &ComponentGroupPatch,
        etag: Option<String>,
    ) -> ApiResult<ComponentGroup> {
        self.ask(Call::patch(format!("/component-groups/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_component_group(self, id: ComponentGroupId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/component-groups/{id}"))).await
    }

    /// All components of a page in their order, however many requests that takes.
    pub async fn list_components(self, filter: &ComponentFilter) -> ApiResult<Vec<Component>> {
        let mut components = Vec::new();
        let mut cursor = None;
        loop {
            let query = Query::default()
                .with("limit", MAX_LIMIT)
                .maybe("page_id", filter.page)
                .maybe("status", filter.status)
                .maybe("cursor", cursor);
            let list: ComponentList = self.ask(Call::get("/components").query(query)).await?;
            components.extend(list.items);
            cursor = list.next_cursor;
            if cursor.is_none() {
                return Ok(components);
            }
        }
    }

    pub async fn create_component(self, input: &NewComponent, key: &SubmitKey) -> ApiResult<Component> {
        self.ask(Call::post("/components", input).keyed(key)).await
    }

    pub async fn get_component(self, id: ComponentId) -> ApiResult<Versioned<Component>> {
        self.ask_versioned(Call::get(format!("/components/{id}"))).await
    }

    pub async fn update_component(
        self,
        id: ComponentId,
        input: &ComponentPatch,
        etag: Option<String>,
    ) -> ApiResult<Component> {
        self.ask(Call::patch(format!("/components/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_component(self, id: ComponentId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/components/{id}"))).await
    }

    pub async fn set_component_status(self, id: ComponentId, input: &SetComponentStatus) -> ApiResult<Component> {
        self.ask(Call::put(format!("/components/{id}/status"), input)).await
    }

    /// All that was put right about a component, newest first, however many requests that takes.
    pub async fn list_status_corrections(self, id: ComponentId) -> ApiResult<Vec<StatusCorrection>> {
        let mut corrections = Vec::new();
        let mut cursor = None;
        loop {
            let query = Query::default().with("limit", MAX_LIMIT).maybe("cursor", cursor);
            let path = format!("/components/{id}/corrections");
            let list: StatusCorrectionList = self.ask(Call::get(path).query(query)).await?;
            corrections.extend(list.items);
            cursor = list.next_cursor;
            if cursor.is_none() {
                return Ok(corrections);
            }
        }
    }

    pub async fn create_status_correction(
        self,
        id: ComponentId,
        input: &NewStatusCorrection,
        key: &SubmitKey,
    ) -> ApiResult<StatusCorrection> {
        self.ask(Call::post(format!("/components/{id}/corrections"), input).keyed(key))
            .await
    }

    pub async fn reorder_components(self, input: &ReorderComponents, key: &SubmitKey) -> ApiResult<()> {
        self.tell(Call::post("/components/reorder", input).keyed(key)).await
    }
}

/// Metrics.
impl Api {
    /// All metrics of a page in their order; a page has fewer than an answer may hold.
    pub async fn list_metrics(self, page: Option<PageId>) -> ApiResult<Vec<Metric>> {
        let query = Query::default().with("limit", MAX_LIMIT).maybe("page_id", page);
        let list: MetricList = self.ask(Call::get("/metrics").query(query)).await?;
        Ok(list.items)
    }

    pub async fn create_metric(self, input: &NewMetric, key: &SubmitKey) -> ApiResult<Metric> {
        self.ask(Call::post("/metrics", input).keyed(key)).await
    }

    pub async fn get_metric(self, id: MetricId) -> ApiResult<Versioned<Metric>> {
        self.ask_versioned(Call::get(format!("/metrics/{id}"))).await
    }

    pub async fn update_metric(self, id: MetricId, input: &MetricPatch, etag: Option<String>) -> ApiResult<Metric> {
        self.ask(Call::patch(format!("/metrics/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_metric(self, id: MetricId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/metrics/{id}"))).await
    }

    pub async fn reorder_metrics(self, input: &ReorderMetrics, key: &SubmitKey) -> ApiResult<()> {
        self.tell(Call::post("/metrics/reorder", input).keyed(key)).await
    }

    pub async fn set_metric_source(self, id: MetricId, input: &SetMetricSource) -> ApiResult<Metric> {
        self.ask(Call::put(format!("/metrics/{id}/source"), input)).await
    }

    pub async fn delete_metric_source(self, id: MetricId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/metrics/{id}/source"))).await
    }

    pub async fn try_metric_source(self, input: &TryMetricSource) -> ApiResult<MetricSourceTrial> {
        self.ask(Call::post("/metrics/try-source", input)).await
    }
}

/// Incidents.
impl Api {
    pub async fn list_incidents(self, filter: &IncidentFilter) -> ApiResult<IncidentList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("component_id", filter.component)
            .maybe("is_open", filter.is_open)
            .maybe("is_draft", filter.is_draft)
            .maybe("is_scheduled", filter.is_scheduled)
            .maybe("is_merged", filter.is_merged)
            .maybe("tag", filter.tag.as_ref())
            .text("q", &filter.text)
            .maybe("cursor", filter.cursor.as_ref())
            .maybe("limit", filter.limit);
        self.ask(Call::get("/incidents").query(query)).await
    }

    pub async fn create_incident(self, input: &NewIncident, key: &SubmitKey) -> ApiResult<Incident> {
        self.ask(Call::post("/incidents", input).keyed(key)).await
    }

    pub async fn get_incident(self, id: IncidentId) -> ApiResult<Versioned<Incident>> {
        self.ask_versioned(Call::get(format!("/incidents/{id}"))).await
    }

    pub async fn update_incident(
        self,
        id: IncidentId,
        input: &IncidentPatch,
        etag: Option<String>,
    ) -> ApiResult<Incident> {
        self.ask(Call::patch(format!("/incidents/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_incident(self, id: IncidentId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/incidents/{id}"))).await
    }

    pub async fn create_incident_update(
        self,
        id: IncidentId,
        input: &NewIncidentUpdate,
        key: &SubmitKey,
    ) -> ApiResult<Incident> {
        self.ask(Call::post(format!("/incidents/{id}/updates"), input).keyed(key))
            .await
    }

    pub async fn resolve_incident(
        self,
        id: IncidentId,
        input: &ResolveIncident,
        key: &SubmitKey,
    ) -> ApiResult<Incident> {
        self.ask(Call::post(format!("/incidents/{id}/resolve"), input).keyed(key))
            .await
    }

    pub async fn reopen_incident(self, id: IncidentId, input: &ReopenIncident, key: &SubmitKey) -> ApiResult<Incident> {
        self.ask(Call::post(format!("/incidents/{id}/reopen"), input).keyed(key))
            .await
    }

    pub async fn merge_incident(self, id: IncidentId, input: &MergeIncident, key: &SubmitKey) -> ApiResult<Incident> {
        self.ask(Call::post(format!("/incidents/{id}/merge"), input).keyed(key))
            .await
    }

    pub async fn update_incident_update(
        self,
        id: IncidentId,
        update: IncidentUpdateId,
        input: &IncidentUpdatePatch,
        etag: Option<String>,
    ) -> ApiResult<Incident> {
        let path = format!("/incidents/{id}/updates/{update}");
        self.ask(Call::patch(path, input).if_match(etag)).await
    }

    pub async fn delete_incident_update(self, id: IncidentId, update: IncidentUpdateId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/incidents/{id}/updates/{update}")))
            .await
    }

    pub async fn list_incident_update_revisions(
        self,
        id: IncidentId,
        update: IncidentUpdateId,
    ) -> ApiResult<IncidentUpdateRevisionList> {
        self.ask(Call::get(format!("/incidents/{id}/updates/{update}/revisions")))
            .await
    }

    pub async fn preview_recipients(self, input: &PreviewRecipients) -> ApiResult<RecipientPreview> {
        self.ask(Call::post("/incidents/preview-recipients", input)).await
    }
}

/// Postmortems.
impl Api {
    pub async fn get_postmortem(self, id: IncidentId) -> ApiResult<Versioned<Postmortem>> {
        self.ask_versioned(Call::get(format!("/incidents/{id}/postmortem")))
            .await
    }

    pub async fn write_postmortem(
        self,
        id: IncidentId,
        input: &WritePostmortem,
        etag: Option<String>,
    ) -> ApiResult<Versioned<Postmortem>> {
        self.ask_versioned(Call::put(format!("/incidents/{id}/postmortem"), input).if_match(etag))
            .await
    }

    pub async fn publish_postmortem(
        self,
        id: IncidentId,
        input: &PublishPostmortem,
        key: &SubmitKey,
    ) -> ApiResult<Versioned<Postmortem>> {
        self.ask_versioned(Call::post(format!("/incidents/{id}/postmortem/publish"), input).keyed(key))
            .await
    }

    pub async fn unpublish_postmortem(self, id: IncidentId, key: &SubmitKey) -> ApiResult<Versioned<Postmortem>> {
        self.ask_versioned(Call::bare_post(format!("/incidents/{id}/postmortem/unpublish")).keyed(key))
            .await
    }

    pub async fn delete_postmortem(self, id: IncidentId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/incidents/{id}/postmortem"))).await
    }
}

/// Templates.
impl Api {
    pub async fn list_templates(self, filter: &TemplateFilter) -> ApiResult<TemplateList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("kind", filter.kind)
            .text("q", &filter.text)
            .maybe("cursor", filter.cursor.as_ref())
            .maybe("limit", filter.limit);
        self.ask(Call::get("/templates").query(query)).await
    }

    pub async fn create_template(self, input: &NewTemplate, key: &SubmitKey) -> ApiResult<Template> {
        self.ask(Call::post("/templates", input).keyed(key)).await
    }

    pub async fn get_template(self, id: TemplateId) -> ApiResult<Versioned<Template>> {
        self.ask_versioned(Call::get(format!("/templates/{id}"))).await
    }

    pub async fn update_template(
        self,
        id: TemplateId,
        input: &TemplatePatch,
        etag: Option<String>,
    ) -> ApiResult<Template> {
        self.ask(Call::patch(format!("/templates/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_template(self, id: TemplateId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/templates/{id}"))).await
    }

    pub async fn render_template(self, id: TemplateId, input: &RenderTemplate) -> ApiResult<RenderedTemplate> {
        self.ask(Call::post(format!("/templates/{id}/render"), input)).await
    }
}

/// Announcements.
impl Api {
    pub async fn list_announcements(self, filter: &AnnouncementFilter) -> ApiResult<AnnouncementList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("status", filter.status)
            .text("q", &filter.text)
            .maybe("cursor", filter.cursor.as_ref());
        self.ask(Call::get("/announcements").query(query)).await
    }

    pub async fn create_announcement(self, input: &NewAnnouncement, key: &SubmitKey) -> ApiResult<Announcement> {
        self.ask(Call::post("/announcements", input).keyed(key)).await
    }

    pub async fn get_announcement(self, id: AnnouncementId) -> ApiResult<Versioned<Announcement>> {
        self.ask_versioned(Call::get(format!("/announcements/{id}"))).await
    }

    pub async fn update_announcement(
        self,
        id: AnnouncementId,
        input: &AnnouncementPatch,
        etag: Option<String>,
    ) -> ApiResult<Announcement> {
        self.ask(Call::patch(format!("/announcements/{id}"), input).if_match(etag))
            .await
    }

    pub async fn end_announcement(self, id: AnnouncementId, key: &SubmitKey) -> ApiResult<Announcement> {
        self.ask(Call::bare_post(format!("/announcements/{id}/end")).keyed(key))
            .await
    }

    pub async fn delete_announcement(self, id: AnnouncementId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/announcements/{id}"))).await
    }
}

/// Maintenance.
impl Api {
    pub async fn list_maintenances(self, filter: &MaintenanceFilter) -> ApiResult<MaintenanceList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("status", filter.status)
            .maybe("is_running", filter.is_running)
            .maybe("is_over", filter.is_over)
            .maybe("series_id", filter.series)
            .text("q", &filter.text)
            .maybe("order", filter.order)
            .maybe("cursor", filter.cursor.as_ref())
            .maybe("limit", filter.limit);
        self.ask(Call::get("/maintenances").query(query)).await
    }

    pub async fn schedule_maintenance(self, input: &NewMaintenance, key: &SubmitKey) -> ApiResult<Maintenance> {
        self.ask(Call::post("/maintenances", input).keyed(key)).await
    }

    pub async fn preview_recurrence(self, input: &PreviewRecurrence) -> ApiResult<RecurrencePreview> {
        self.ask(Call::post("/maintenances/preview-recurrence", input)).await
    }

    pub async fn get_maintenance(self, id: MaintenanceId) -> ApiResult<Versioned<Maintenance>> {
        self.ask_versioned(Call::get(format!("/maintenances/{id}"))).await
    }

    pub async fn update_maintenance(
        self,
        id: MaintenanceId,
        input: &MaintenancePatch,
        etag: Option<String>,
    ) -> ApiResult<Versioned<Maintenance>> {
        self.ask_versioned(Call::patch(format!("/maintenances/{id}"), input).if_match(etag))
            .await
    }

    pub async fn delete_maintenance(self, id: MaintenanceId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/maintenances/{id}"))).await
    }

    pub async fn start_maintenance(
        self,
        id: MaintenanceId,
        input: &AdvanceMaintenance,
        key: &SubmitKey,
    ) -> ApiResult<Maintenance> {
        self.ask(Call::post(format!("/maintenances/{id}/start"), input).keyed(key))
            .await
    }

    pub async fn verify_maintenance(
        self,
        id: MaintenanceId,
        input: &AdvanceMaintenance,
        key: &SubmitKey,
    ) -> ApiResult<Maintenance> {
        self.ask(Call::post(format!("/maintenances/{id}/verify"), input).keyed(key))
            .await
    }

    pub async fn complete_maintenance(
        self,
        id: MaintenanceId,
        input: &AdvanceMaintenance,
        key: &SubmitKey,
    ) -> ApiResult<Maintenance> {
        self.ask(Call::post(format!("/maintenances/{id}/complete"), input).keyed(key))
            .await
    }

    pub async fn cancel_maintenance(
        self,
        id: MaintenanceId,
        input: &CancelMaintenance,
        key: &SubmitKey,
    ) -> ApiResult<Maintenance> {
        self.ask(Call::post(format!("/maintenances/{id}/cancel"), input).keyed(key))
            .await
    }

    pub async fn create_maintenance_update(
        self,
        id: MaintenanceId,
        input: &NewMaintenanceUpdate,
        key: &SubmitKey,
    ) -> ApiResult<Maintenance> {
        self.ask(Call::post(format!("/maintenances/{id}/updates"), input).keyed(key))
            .await
    }
}

/// Subscribers.
impl Api {
    pub async fn list_subscribers(self, filter: &SubscriberFilter) -> ApiResult<SubscriberList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("is_confirmed", filter.is_confirmed)
            .text("q", &filter.text)
            .maybe("cursor", filter.cursor.as_ref())
            .maybe("limit", filter.limit);
        self.ask(Call::get("/subscribers").query(query)).await
    }

    pub async fn create_subscriber(self, input: &NewSubscriber, key: &SubmitKey) -> ApiResult<Subscriber> {
        self.ask(Call::post("/subscribers", input).keyed(key)).await
    }

    pub async fn update_subscriber(self, id: SubscriberId, input: &SubscriberPatch) -> ApiResult<Subscriber> {
        self.ask(Call::patch(format!("/subscribers/{id}"), input)).await
    }

    pub async fn delete_subscriber(self, id: SubscriberId) -> ApiResult<()> {
        self.tell(Call::delete(format!("/subscribers/{id}"))).await
    }

    pub async fn resume_subscriber(self, id: SubscriberId) -> ApiResult<Subscriber> {
        self.ask(Call::bare_post(format!("/subscribers/{id}/resume"))).await
    }

    pub async fn test_subscriber(self, id: SubscriberId) -> ApiResult<TestMailResult> {
        self.ask(Call::bare_post(format!("/subscribers/{id}/test"))).await
    }

    pub async fn resend_confirmation(self, id: SubscriberId, key: &SubmitKey) -> ApiResult<()> {
        self.tell(Call::bare_post(format!("/subscribers/{id}/resend")).keyed(key))
            .await
    }
}

/// Deliveries, the audit trail and the system itself.
impl Api {
    pub async fn list_deliveries(self, filter: &DeliveryFilter) -> ApiResult<DeliveryList> {
        let query = Query::default()
            .maybe("page_id", filter.page)
            .maybe("incident_id", filter.incident)
            .maybe("maintenance_id", filter.maintenance)
            .maybe("status", filter.status)
            .maybe("cursor", filter.cursor.as_ref())
            .maybe("limit", filter.limit);
        self.ask(Call::get("/deliveries").query(query)).await
    }

    pub async fn get_delivery(self, id: DeliveryId) -> ApiResult<DeliveryDetail> {
        self.ask(Call::get(format!("/deliveries/{id}"))).await
    }

    pub async fn retry_delivery(self, id: DeliveryId, key: &SubmitKey) -> ApiResult<Delivery> {
        self.ask(Call::bare_post(format!("/deliveries/{id}/retry")).keyed(key))
            .await
    }

    pub async fn list_audit(self, filter: &AuditFilter) -> ApiResult<AuditList> {
        let query = Query::default()
            .maybe("subject_kind", filter.subject_kind.as_ref())
            .maybe("cursor", filter.cursor.as_ref());
        self.ask(Call::get("/audit").query(query)).await
    }

    pub async fn get_system(self) -> ApiResult<SystemState> {
        self.ask(Call::get("/system")).await
    }

    pub async fn send_test_mail(self, input: &TestMail, key: &SubmitKey) -> ApiResult<TestMailResult> {
        self.ask(Call::post("/system/test-mail", input).keyed(key)).await
    }
}
