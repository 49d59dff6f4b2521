//! `/components`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::component::{
    Component, ComponentPatch, ComponentSort, ComponentStatus, NewComponent, ReorderComponents, SetComponentStatus,
};
use shared::list::{ComponentList, Order, StatusCorrectionList};
use shared::uptime::{NewStatusCorrection, StatusCorrection};
use shared::{ComponentGroupId, ComponentId, PageId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::component::ComponentFilter;
use crate::domain::paging::Paging;

pub struct ComponentApi;

#[OpenApi(tag = "Tag::Components")]
impl ComponentApi {
    /// List components
    #[oai(path = "/components", method = "get", operation_id = "list_components")]
    #[allow(clippy::too_many_arguments)]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        group_id: Query<Option<ComponentGroupId>>,
        /// The baseline status.
        status: Query<Option<ComponentStatus>>,
        /// Part of the name.
        q: Query<Option<String>>,
        sort: Query<Option<ComponentSort>>,
        order: Query<Option<Order>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<ComponentList>> {
        let filter = ComponentFilter {
            page_id: page_id.0,
            group_id: group_id.0,
            status: status.0,
            q: q.0,
            sort: sort.0,
            order: order.0,
        };
        Ok(Json(
            domain::component::list(&cx, filter, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Add a component
    #[oai(path = "/components", method = "post", operation_id = "create_component")]
    async fn create(&self, cx: Caller, input: Input<NewComponent>) -> ApiResult<Created<Component>> {
        let component = domain::component::create(&cx, input.0).await?;
        let address = format!("/api/v3/components/{}", component.id);
        Ok(Created(component, address))
    }

    /// Put components and groups in a new order
    #[oai(path = "/components/reorder", method = "post", operation_id = "reorder_components")]
    async fn reorder(&self, cx: Caller, input: Input<ReorderComponents>) -> ApiResult<Done> {
        domain::component::reorder(&cx, input.0).await?;
        Ok(Done)
    }

    /// Get a component
    #[oai(path = "/components/:id", method = "get", operation_id = "get_component")]
    async fn get(&self, cx: Caller, id: Path<ComponentId>) -> ApiResult<Revised<Component>> {
        let component = domain::component::get(&cx, id.0).await?;
        let revision = component.updated_at;
        Ok(Revised(component, revision))
    }

    /// Change a component
    #[oai(path = "/components/:id", method = "patch", operation_id = "update_component")]
    async fn update(
        &self,
        cx: Caller,
        id: Path<ComponentId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<ComponentPatch>,
    ) -> ApiResult<Revised<Component>> {
        let component = domain::component::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = component.updated_at;
        Ok(Revised(component, revision))
    }

    /// Set a component's status
    ///
    /// This is its baseline: what it is when no maintenance and no incident says otherwise.
    #[oai(
        path = "/components/:id/status",
        method = "put",
        operation_id = "set_component_status"
    )]
    async fn set_status(
        &self,
        cx: Caller,
        id: Path<ComponentId>,
        input: Input<SetComponentStatus>,
    ) -> ApiResult<Json<Component>> {
        Ok(Json(domain::component_status::set(&cx, id.0, input.0).await?))
    }

    /// List what was put right about a component
    #[oai(
        path = "/components/:id/corrections",
        method = "get",
        operation_id = "list_status_corrections"
    )]
    async fn corrections(
        &self,
        cx: Caller,
        id: Path<ComponentId>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<StatusCorrectionList>> {
        let paging = Paging::new(cursor.0, limit.0)?;
        Ok(Json(domain::correction::list(&cx, id.0, &paging).await?))
    }

    /// Put right how a component was
    ///
    /// Its uptime follows. What was believed at the time stays on record, and visitors can read both.
    #[oai(
        path = "/components/:id/corrections",
        method = "post",
        operation_id = "create_status_correction"
    )]
    async fn correct(
        &self,
        cx: Caller,
        id: Path<ComponentId>,
        input: Input<NewStatusCorrection>,
    ) -> ApiResult<Created<StatusCorrection>> {
        let made = domain::correction::create(&cx, id.0, input.0).await?;
        Ok(Created(made, format!("/api/v3/components/{}/corrections", id.0)))
    }

    /// Delete a component
    #[oai(path = "/components/:id", method = "delete", operation_id = "delete_component")]
    async fn delete(&self, cx: Caller, id: Path<ComponentId>) -> ApiResult<Done> {
        domain::component::delete(&cx, id.0).await?;
        Ok(Done)
    }
}
