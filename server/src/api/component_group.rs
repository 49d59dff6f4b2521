//! `/component-groups`

use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use shared::component::{ComponentGroup, ComponentGroupPatch, NewComponentGroup};
use shared::list::ComponentGroupList;
use shared::{ComponentGroupId, PageId};

use super::extract::{Caller, Created, Done, Revised, expected};
use super::input::Input;
use super::{ApiResult, Tag};
use crate::domain;
use crate::domain::paging::Paging;

pub struct ComponentGroupApi;

#[OpenApi(tag = "Tag::Components")]
impl ComponentGroupApi {
    /// List component groups
    #[oai(path = "/component-groups", method = "get", operation_id = "list_component_groups")]
    async fn list(
        &self,
        cx: Caller,
        page_id: Query<Option<PageId>>,
        cursor: Query<Option<String>>,
        limit: Query<Option<u32>>,
    ) -> ApiResult<Json<ComponentGroupList>> {
        Ok(Json(
            domain::component_group::list(&cx, page_id.0, &Paging::new(cursor.0, limit.0)?).await?,
        ))
    }

    /// Add a component group
    #[oai(path = "/component-groups", method = "post", operation_id = "create_component_group")]
    async fn create(&self, cx: Caller, input: Input<NewComponentGroup>) -> ApiResult<Created<ComponentGroup>> {
        let group = domain::component_group::create(&cx, input.0).await?;
        let address = format!("/api/v3/component-groups/{}", group.id);
        Ok(Created(group, address))
    }

    /// Get a component group
    #[oai(path = "/component-groups/:id", method = "get", operation_id = "get_component_group")]
    async fn get(&self, cx: Caller, id: Path<ComponentGroupId>) -> ApiResult<Revised<ComponentGroup>> {
        let group = domain::component_group::get(&cx, id.0).await?;
        let revision = group.updated_at;
        Ok(Revised(group, revision))
    }

    /// Change a component group
    #[oai(
        path = "/component-groups/:id",
        method = "patch",
        operation_id = "update_component_group"
    )]
    async fn update(
        &self,
        cx: Caller,
        id: Path<ComponentGroupId>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        input: Input<ComponentGroupPatch>,
    ) -> ApiResult<Revised<ComponentGroup>> {
        let group = domain::component_group::update(&cx, id.0, input.0, expected(if_match.0)?).await?;
        let revision = group.updated_at;
        Ok(Revised(group, revision))
    }

    /// Delete a component group
    ///
    /// What stands in it moves up to where the group stood.
    #[oai(
        path = "/component-groups/:id",
        method = "delete",
        operation_id = "delete_component_group"
    )]
    async fn delete(&self, cx: Caller, id: Path<ComponentGroupId>) -> ApiResult<Done> {
        domain::component_group::delete(&cx, id.0).await?;
        Ok(Done)
    }
}
