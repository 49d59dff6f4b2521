//! The tree of a page: groups in groups, components in groups, each level in its order. No views: rows and moves only.
//!
//! Within a level components stand before groups, and each kind has positions of its own, as on the public page.

use shared::component::{Component, ComponentGroup, ComponentPlace, GROUP_DEPTH_MAX, GroupPlace, ReorderComponents};
use shared::{ComponentGroupId, ComponentId, PageId};

/// A group or a component, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    Group(ComponentGroupId),
    Component(ComponentId),
}

/// A group or a component.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Group(ComponentGroup),
    Component(Component),
}

/// A node and how deep it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub node: Node,
    pub depth: usize,
}

/// One step of a node through the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Up,
    Down,
    /// Into the group that stands before it.
    In,
    /// Behind the group it stands in.
    Out,
}

/// Where something is dropped, seen from the row under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    Before(Key),
    After(Key),
    Inside(ComponentGroupId),
}

/// Both kinds, sorted by position.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    groups: Vec<ComponentGroup>,
    components: Vec<Component>,
}

type Parent = Option<ComponentGroupId>;

impl Node {
    pub const fn key(&self) -> Key {
        match self {
            Self::Group(group) => Key::Group(group.id),
            Self::Component(component) => Key::Component(component.id),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Group(group) => &group.name,
            Self::Component(component) => &component.name,
        }
    }
}

impl Tree {
    pub fn new(groups: &[ComponentGroup], components: &[Component]) -> Self {
        let mut tree = Self {
            groups: groups.to_vec(),
            components: components.to_vec(),
        };
        tree.groups.sort_by_key(|group| (group.position, group.id));
        tree.components
            .sort_by_key(|component| (component.position, component.id));
        tree
    }

    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.components.is_empty()
    }

    /// All nodes from top to bottom.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        self.push_level(None, 0, &mut rows);
        rows
    }

    fn push_level(&self, parent: Parent, depth: usize, rows: &mut Vec<Row>) {
        let components = self.components.iter().filter(|component| component.group_id == parent);
        rows.extend(components.map(|component| Row {
            node: Node::Component(component.clone()),
            depth,
        }));
        // The server keeps groups from standing in themselves; a broken answer must not hang the browser all the same.
        if depth > GROUP_DEPTH_MAX {
            return;
        }
        for group in self.groups.iter().filter(|group| group.parent_id == parent) {
            rows.push(Row {
                node: Node::Group(group.clone()),
                depth,
            });
            self.push_level(Some(group.id), depth + 1, rows);
        }
    }

    /// Groups that `key` could stand in, with their depth: for a group, not itself nor what stands in it.
    pub fn possible_parents(&self, key: Option<Key>) -> Vec<(ComponentGroup, usize)> {
        let rows = self.rows().into_iter();
        let groups = rows.filter_map(|row| match row.node {
            Node::Group(group) => Some((group, row.depth)),
            Node::Component(_) => None,
        });
        groups
            .filter(|(group, _)| key.is_none_or(|key| self.may_stand_in(key, Some(group.id))))
            .collect()
    }

    /// The tree after one step of a node; nothing if it cannot be taken.
    pub fn step(&self, key: Key, step: Step) -> Option<Self> {
        let parent = self.parent(key)?;
        let siblings = self.siblings(key, parent);
        let at = siblings.iter().position(|sibling| *sibling == key)?;
        match step {
            Step::Up => self.place(key, parent, at.checked_sub(1)?),
            Step::Down => (at + 1 < siblings.len()).then(|| self.place(key, parent, at + 1))?,
            Step::In => {
                let group = self.group_before(key, parent)?;
                self.place(key, Some(group), usize::MAX)
            }
            Step::Out => {
                let group = parent?;
                let outer = self.parent(Key::Group(group))?;
                let at = match key {
                    Key::Group(_) => {
                        self.siblings(Key::Group(group), outer)
                            .iter()
                            .position(|one| *one == Key::Group(group))?
                            + 1
                    }
                    Key::Component(_) => usize::MAX,
                };
                self.place(key, outer, at)
            }
        }
    }

    /// The tree after a node was dropped; nothing if it cannot stand there.
    pub fn drop(&self, key: Key, spot: Spot) -> Option<Self> {
        let (parent, at) = match spot {
            Spot::Inside(group) => (Some(group), usize::MAX),
            Spot::Before(other) | Spot::After(other) => {
                let parent = self.parent(other)?;
                let rest = self.siblings(key, parent).into_iter().filter(|sibling| *sibling != key);
                // Next to a node of the other kind there is no exact place: the kinds are ordered apart.
                let at = rest
                    .into_iter()
                    .position(|sibling| sibling == other)
                    .map_or(usize::MAX, |at| match spot {
                        Spot::After(_) => at + 1,
                        Spot::Before(_) | Spot::Inside(_) => at,
                    });
                (parent, at)
            }
        };
        let moved = self.place(key, parent, at)?;
        (moved != *self).then_some(moved)
    }

    /// What has to be told to the server to turn `self` into `after`.
    pub fn difference(&self, after: &Self, page: Option<PageId>) -> ReorderComponents {
        let groups = after.groups.iter().filter(|group| {
            let before = self.groups.iter().find(|one| one.id == group.id);
            before.is_none_or(|before| (before.parent_id, before.position) != (group.parent_id, group.position))
        });
        let components = after.components.iter().filter(|component| {
            let before = self.components.iter().find(|one| one.id == component.id);
            before.is_none_or(|before| (before.group_id, before.position) != (component.group_id, component.position))
        });
        ReorderComponents {
            page_id: page,
            groups: groups
                .map(|group| GroupPlace {
                    id: group.id,
                    parent_id: group.parent_id,
                    position: group.position,
                })
                .collect(),
            components: components
                .map(|one| ComponentPlace {
                    id: one.id,
                    group_id: one.group_id,
                    position: one.position,
                })
                .collect(),
        }
    }

    /// Both kinds, as the server lists them.
    pub fn into_parts(self) -> (Vec<ComponentGroup>, Vec<Component>) {
        (self.groups, self.components)
    }

    fn parent(&self, key: Key) -> Option<Parent> {
        match key {
            Key::Group(id) => self
                .groups
                .iter()
                .find(|group| group.id == id)
                .map(|group| group.parent_id),
            Key::Component(id) => self.components.iter().find(|one| one.id == id).map(|one| one.group_id),
        }
    }

    /// Nodes of the same kind under a parent, in their order.
    fn siblings(&self, key: Key, parent: Parent) -> Vec<Key> {
        match key {
            Key::Group(_) => {
                let groups = self.groups.iter().filter(|group| group.parent_id == parent);
                groups.map(|group| Key::Group(group.id)).collect()
            }
            Key::Component(_) => {
                let components = self.components.iter().filter(|component| component.group_id == parent);
                components.map(|component| Key::Component(component.id)).collect()
            }
        }
    }

    /// The group that "into" means: for a group the one before it, for a component the first of its level.
    fn group_before(&self, key: Key, parent: Parent) -> Option<ComponentGroupId> {
        let mut groups = self
            .groups
            .iter()
            .filter(|group| group.parent_id == parent)
            .map(|group| group.id);
        match key {
            Key::Component(_) => groups.next(),
            Key::Group(id) => groups.take_while(|group| *group != id).last(),
        }
    }

    fn may_stand_in(&self, key: Key, parent: Parent) -> bool {
        let Key::Group(id) = key else { return true };
        let mut above = 0;
        let mut next = parent;
        while let Some(group) = next {
            above += 1;
            if group == id || above > GROUP_DEPTH_MAX {
                return false;
            }
            next = self.parent(Key::Group(group)).flatten();
        }
        above + self.height(id) <= GROUP_DEPTH_MAX
    }

    /// Levels of groups from this one down, itself included.
    fn height(&self, id: ComponentGroupId) -> usize {
        let inner = self.groups.iter().filter(|group| group.parent_id == Some(id));
        1 + inner.map(|group| self.height(group.id)).max().unwrap_or(0)
    }

    /// Takes a node out and puts it under `parent` as number `at`, and counts the siblings anew on both sides.
    fn place(&self, key: Key, parent: Parent, at: usize) -> Option<Self> {
        if !self.may_stand_in(key, parent) {
            return None;
        }
        let old_parent = self.parent(key)?;
        let mut tree = self.clone();
        let mut order = self.siblings(key, parent);
        order.retain(|sibling| *sibling != key);
        order.insert(at.min(order.len()), key);
        tree.set_parent(key, parent);
        tree.number(&order);
        if old_parent != parent {
            let mut left = self.siblings(key, old_parent);
            left.retain(|sibling| *sibling != key);
            tree.number(&left);
        }
        Some(Self::new(&tree.groups, &tree.components))
    }

    fn set_parent(&mut self, key: Key, parent: Parent) {
        match key {
            Key::Group(id) => {
                let group = self.groups.iter_mut().find(|group| group.id == id);
                group.into_iter().for_each(|group| group.parent_id = parent);
            }
            Key::Component(id) => {
                let component = self.components.iter_mut().find(|component| component.id == id);
                component.into_iter().for_each(|component| component.group_id = parent);
            }
        }
    }

    fn number(&mut self, order: &[Key]) {
        let place = |key: Key| {
            order
                .iter()
                .position(|one| *one == key)
                .and_then(|at| i32::try_from(at).ok())
        };
        for group in &mut self.groups {
            group.position = place(Key::Group(group.id)).unwrap_or(group.position);
        }
        for component in &mut self.components {
            component.position = place(Key::Component(component.id)).unwrap_or(component.position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Timestamp;
    use shared::component::ComponentStatus;

    fn group(id: i64, parent: Option<i64>, position: i32) -> ComponentGroup {
        ComponentGroup {
            id: ComponentGroupId(id),
            page_id: PageId(1),
            parent_id: parent.map(ComponentGroupId),
            name: format!("g{id}"),
            description: None,
            position,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    fn component(id: i64, group: Option<i64>, position: i32) -> Component {
        Component {
            id: ComponentId(id),
            code: String::new(),
            page_id: PageId(1),
            group_id: group.map(ComponentGroupId),
            name: format!("c{id}"),
            slug: String::new(),
            description: None,
            link: None,
            status: ComponentStatus::Operational,
            effective_status: ComponentStatus::Operational,
            position,
            is_public: true,
            uptime_weight: 1,
            created_at: Timestamp::from_millis(0),
            updated_at: Timestamp::from_millis(0),
        }
    }

    /// c1 c2 g1(c3 c4 g3()) g2()
    fn sample() -> Tree {
        Tree::new(
            &[group(1, None, 0), group(2, None, 1), group(3, Some(1), 0)],
            &[
                component(1, None, 0),
                component(2, None, 1),
                component(3, Some(1), 0),
                component(4, Some(1), 1),
            ],
        )
    }

    fn outline(tree: &Tree) -> String {
        let lines = tree.rows().into_iter();
        lines
            .map(|row| format!("{}{}", ".".repeat(row.depth), row.node.name()))
            .collect::<Vec<_>>()
            .join(" ")
    }

    const C1: Key = Key::Component(ComponentId(1));
    const C2: Key = Key::Component(ComponentId(2));
    const C3: Key = Key::Component(ComponentId(3));
    const G1: Key = Key::Group(ComponentGroupId(1));
    const G2: Key = Key::Group(ComponentGroupId(2));

    #[test]
    fn rows_run_from_top_to_bottom() {
        assert_eq!(outline(&sample()), "c1 c2 g1 .c3 .c4 .g3 g2");
    }

    #[test]
    fn steps_move_among_siblings_and_between_levels() {
        let after = |key, step| sample().step(key, step).map(|tree| outline(&tree));
        assert_eq!(after(C1, Step::Down).as_deref(), Some("c2 c1 g1 .c3 .c4 .g3 g2"));
        assert_eq!(after(C1, Step::Up), None);
        assert_eq!(after(C1, Step::In).as_deref(), Some("c2 g1 .c3 .c4 .c1 .g3 g2"));
        assert_eq!(after(C3, Step::Out).as_deref(), Some("c1 c2 c3 g1 .c4 .g3 g2"));
        assert_eq!(after(G2, Step::In).as_deref(), Some("c1 c2 g1 .c3 .c4 .g3 .g2"));
        assert_eq!(after(G1, Step::Out), None);
    }

    #[test]
    fn what_is_dropped_lands_where_it_was_shown() {
        let after = |key, spot| sample().drop(key, spot).map(|tree| outline(&tree));
        assert_eq!(after(C1, Spot::Before(C3)).as_deref(), Some("c2 g1 .c1 .c3 .c4 .g3 g2"));
        assert_eq!(after(C1, Spot::After(C2)).as_deref(), Some("c2 c1 g1 .c3 .c4 .g3 g2"));
        assert_eq!(after(G2, Spot::Before(G1)).as_deref(), Some("c1 c2 g2 g1 .c3 .c4 .g3"));
        assert_eq!(after(C1, Spot::Before(C2)), None, "it stands there already");
    }

    #[test]
    fn a_group_never_stands_in_itself() {
        assert_eq!(sample().drop(G1, Spot::Inside(ComponentGroupId(3))), None);
        assert_eq!(sample().possible_parents(Some(G1)).len(), 1);
    }

    #[test]
    fn only_what_moved_is_told() {
        let before = sample();
        let after = before.step(C1, Step::Down).unwrap();
        let told = before.difference(&after, None);
        assert_eq!((told.groups.len(), told.components.len()), (0, 2));
    }
}
