//! Who may do what: roles are sets of permissions, and each role has all that the one below it has.

words! {
    /// What a member is here for.
    pub enum Role {
        /// Everything, including who else is an owner.
        Owner = "owner",
        /// Runs the page: its settings, its people and its subscribers.
        Admin = "admin",
        /// Publishes: incidents and component states.
        Editor = "editor",
        /// Looks.
        Viewer = "viewer",
    }

    /// One thing somebody may be allowed to do.
    pub enum Permission {
        /// Look at the console: pages, components, incidents (drafts too), deliveries without addresses, the state of the system.
        ReadConsole = "read_console",
        /// Open, update, resolve, reopen and delete incidents.
        ManageIncidents = "manage_incidents",
        /// Plan, move and cancel maintenance.
        ManageMaintenance = "manage_maintenance",
        /// Announce something to all visitors.
        ManageAnnouncements = "manage_announcements",
        /// Write templates.
        ManageTemplates = "manage_templates",
        /// Set a component's status.
        SetStatus = "set_status",
        /// Add, change, order and delete components and groups.
        ManageComponents = "manage_components",
        /// Add points to metrics.
        PushMetrics = "push_metrics",
        /// Add, change, order and delete metrics, and say where they are pulled from.
        ManageMetrics = "manage_metrics",
        /// See and change who is subscribed; send again.
        ManageSubscribers = "manage_subscribers",
        /// Change pages; send a test mail.
        ManagePages = "manage_pages",
        /// Invite members, change their role, disable them.
        ManageMembers = "manage_members",
        /// Make someone an owner, or an owner someone else.
        ManageOwners = "manage_owners",
        /// Read who did what.
        ReadAudit = "read_audit",
    }
}

impl Role {
    /// The least role that has the permission.
    const fn least_with(permission: Permission) -> Self {
        match permission {
            Permission::ReadConsole => Self::Viewer,
            Permission::ManageIncidents
            | Permission::ManageMaintenance
            | Permission::ManageAnnouncements
            | Permission::ManageTemplates
            | Permission::SetStatus
            | Permission::PushMetrics => Self::Editor,
            Permission::ManageComponents
            | Permission::ManageMetrics
            | Permission::ManageSubscribers
            | Permission::ManagePages
            | Permission::ManageMembers
            | Permission::ReadAudit => Self::Admin,
            Permission::ManageOwners => Self::Owner,
        }
    }

    /// True if the role has the permission.
    pub fn may(self, permission: Permission) -> bool {
        // Declared from most to least, so a smaller value is a higher role.
        self <= Self::least_with(permission)
    }

    /// All that the role may do.
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| self.may(*permission))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_all_that_the_one_below_it_has() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(
                    pair[0].may(*permission) || !pair[1].may(*permission),
                    "{} lacks {permission}",
                    pair[0]
                );
            }
        }
        assert_eq!(Role::Viewer.permissions(), [Permission::ReadConsole]);
    }
}
