//! Who leads a partition and who else holds it: as Kafka's controller decides, with eligible leader replicas (KIP-966). No I/O.

use super::reassignment::{Reassignment, without};

/// No node leads.
pub(crate) const NO_LEADER: i32 = -1;

/// Who leads a partition and who else holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leadership {
    /// -1 if nobody does.
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
    /// The nodes that hold the partition, the preferred leader first.
    pub(crate) replicas: Vec<i32>,
    /// Those of them that are in sync. All share one log, so these are the ones that are up.
    pub(crate) isr: Vec<i32>,
    /// Those that were in sync when these became too few, and may lead when nobody is in sync.
    pub(crate) eligible: Vec<i32>,
    /// Who led when nobody was left in sync, until somebody leads again.
    pub(crate) last_known: Option<i32>,
    /// Where it goes, if not all who are to hold it are in sync yet.
    pub(crate) reassignment: Option<Reassignment>,
    /// How many want that nobody leads.
    withheld: u32,
}

/// What the topic demands of elections, and who can be elected.
#[derive(Clone, Copy)]
pub(crate) struct Electorate<'a> {
    pub(crate) is_alive: &'a dyn Fn(i32) -> bool,
    /// `min.insync.replicas`
    pub(crate) min_isr: usize,
    /// `unclean.leader.election.enable`
    pub(crate) unclean: bool,
}

impl Leadership {
    /// The first replica that is up leads. Those that are not are out of sync.
    pub(super) fn new(replicas: Vec<i32>, is_alive: impl Fn(i32) -> bool) -> Self {
        let isr: Vec<_> = replicas
            .iter()
            .copied()
            .filter(|id| is_alive(*id))
            .collect();
        Self {
            leader: isr.first().copied().unwrap_or(NO_LEADER),
            epoch: 0,
            replicas,
            isr,
            eligible: Vec::new(),
            last_known: None,
            reassignment: None,
            withheld: 0,
        }
    }

    /// A node has stopped: what it led gets another leader, if one is in sync.
    pub(super) fn node_stopped(&mut self, node: i32, among: Electorate<'_>) {
        if self.isr.contains(&node) {
            let isr = self.isr.iter().copied().filter(|id| *id != node).collect();
            self.set_isr(isr, among);
        }
        if self.leader == node {
            self.elect(among);
        }
    }

    /// A node has started: it is in sync at once, unless nobody leads whom it could have followed, nor may it lead by itself.
    pub(super) fn node_started(&mut self, node: i32, among: Electorate<'_>) {
        if !self.replicas.contains(&node) {
            return;
        }
        if self.leader == NO_LEADER {
            self.elect(among);
        }
        self.catch_up(among);
    }

    /// Another node leads. If it is no replica, it takes the place of the one that led, or of the first. Nobody withholds the leader any more.
    pub(crate) fn move_to(&mut self, node: i32, among: Electorate<'_>) {
        self.withheld = 0;
        if self.leader == node {
            return;
        }
        if !self.replicas.contains(&node) {
            let leader = self.leader;
            let place = self.replicas.iter().position(|id| *id == leader);
            let place = place.unwrap_or(0);
            let left = self.replicas.get_mut(place);
            let left = left.map(|left| std::mem::replace(left, node));
            let isr = self.isr.iter().copied();
            let isr = isr.filter(|id| Some(*id) != left).collect();
            self.eligible.retain(|id| Some(*id) != left);
            self.reassignment = None;
            self.set_isr(isr, among);
        }
        if !self.isr.contains(&node) {
            let isr = [self.isr.clone(), vec![node]].concat();
            self.set_isr(isr, among);
        }
        self.lead(node);
        self.catch_up(among);
    }

    /// Other nodes hold the partition, at once. The leader stays if it is one of them.
    pub(crate) fn reassign(&mut self, replicas: Vec<i32>, among: Electorate<'_>) {
        let isr = replicas.iter().copied().filter(|id| (among.is_alive)(*id));
        let isr = isr.collect();
        self.hold(replicas, isr, among);
    }

    fn hold(&mut self, replicas: Vec<i32>, isr: Vec<i32>, among: Electorate<'_>) {
        self.reassignment = None;
        let one_goes = self.replicas.iter().any(|id| !replicas.contains(id));
        self.eligible.retain(|id| replicas.contains(id));
        self.replicas = replicas;
        self.set_isr(isr, among);
        if !self.isr.contains(&self.leader) {
            self.elect(among);
        } else if one_goes {
            self.lead(self.leader);
        }
    }

    /// Other nodes are to hold the partition: from when all of them are in sync. Until then all hold it that do now, too.
    pub(super) fn begin_reassignment(&mut self, target: &[i32], among: Electorate<'_>) {
        let reassignment = Reassignment::new(&self.replicas, target);
        self.replicas = [target, &reassignment.removing].concat();
        let reassignment = reassignment.instead_of(self.reassignment.take());
        self.reassignment = (!reassignment.is_done()).then_some(reassignment);
        self.catch_up(among);
        self.complete_reassignment(among);
    }

    /// Gives up where the partition is to go; `false` if it would be lost with the nodes that hold it by now.
    pub(super) fn cancel_reassignment(&mut self, among: Electorate<'_>) -> bool {
        let Some(reassignment) = &self.reassignment else {
            return true;
        };
        let replicas = reassignment.reverted(&self.replicas);
        let mut isr = without(&self.isr, &reassignment.adding);
        if isr.is_empty() && !among.unclean {
            return false;
        }
        if isr.is_empty() {
            isr = replicas.first().copied().into_iter().collect();
        }
        self.hold(replicas, isr, among);
        true
    }

    fn complete_reassignment(&mut self, among: Electorate<'_>) {
        let reassignment = self.reassignment.as_ref();
        let completed = reassignment.and_then(|it| it.completed(&self.replicas, &self.isr));
        if let Some(replicas) = completed {
            let isr = self.isr.iter().copied();
            let isr = isr.filter(|id| replicas.contains(id)).collect();
            self.hold(replicas, isr, among);
        }
    }

    /// Elects the preferred leader, which is the first replica, or whoever can lead if nobody does; whether anything has changed.
    pub(crate) fn elect_preferred(&mut self, among: Electorate<'_>) -> bool {
        if self.leader == NO_LEADER {
            return self.elect_any(false, among);
        }
        let preferred = self.replicas.first().copied();
        let preferred = preferred.filter(|id| self.isr.contains(id) && (among.is_alive)(*id));
        if let Some(preferred) = preferred {
            self.lead(preferred);
        }
        preferred.is_some()
    }

    /// Elects whoever can lead, as nobody does: one that was not in sync, if none is that was and `unclean` is set. Whether anything has changed.
    pub(crate) fn elect_any(&mut self, unclean: bool, among: Electorate<'_>) -> bool {
        self.elect(Electorate { unclean, ..among });
        self.catch_up(among);
        self.leader != NO_LEADER
    }

    /// The same leader, one epoch later.
    pub(crate) fn raise_epoch(&mut self) {
        self.lead(self.leader);
    }

    /// Nobody leads until [`release`](Self::release) has been called as often as this.
    pub(crate) fn withhold(&mut self) {
        self.withheld = self.withheld.saturating_add(1);
        if self.leader != NO_LEADER {
            self.lead(NO_LEADER);
        }
    }

    /// Takes one [`withhold`](Self::withhold) back.
    pub(crate) fn release(&mut self, among: Electorate<'_>) {
        if self.withheld == 0 {
            return;
        }
        self.withheld -= 1;
        if self.leader == NO_LEADER {
            self.elect(among);
            self.catch_up(among);
        }
    }

    /// Elects a leader where the one there is cannot lead.
    pub(super) fn elect(&mut self, among: Electorate<'_>) {
        let alive = |id: &i32| (among.is_alive)(*id);
        let may_lead =
            |id: &i32| self.isr.contains(id) || self.isr.is_empty() && self.eligible.contains(id);
        let mut replicas = self.replicas.iter().filter(|id| alive(id));
        let clean = replicas.clone().find(|id| may_lead(id)).copied();
        let elected = match (clean, self.withheld) {
            (_, 1..) => None,
            (None, _) if among.unclean => {
                let elected = replicas.next().copied();
                // Whoever was in sync may have more than the one who leads now.
                if let Some(elected) = elected {
                    self.isr = vec![elected];
                    self.eligible.clear();
                }
                elected
            }
            (clean, _) => clean,
        };
        match elected {
            Some(elected) => {
                if !self.isr.contains(&elected) {
                    self.set_isr(vec![elected], among);
                }
                self.lead(elected);
            }
            None if self.leader == NO_LEADER => {}
            None => self.lead(NO_LEADER),
        }
    }

    /// Each change of the leader has an epoch of its own.
    fn lead(&mut self, leader: i32) {
        if leader != NO_LEADER {
            self.last_known = None;
        } else if self.isr.is_empty() {
            self.last_known = Some(self.leader);
        }
        self.leader = leader;
        self.epoch = self.epoch.saturating_add(1);
    }

    /// All replicas that are up and have a leader to follow come into sync.
    fn catch_up(&mut self, among: Electorate<'_>) {
        if self.leader == NO_LEADER {
            return;
        }
        let missing = self.replicas.iter().copied();
        let missing = missing.filter(|id| (among.is_alive)(*id) && !self.isr.contains(id));
        let missing: Vec<_> = missing.collect();
        if !missing.is_empty() {
            let mut isr = [self.isr.clone(), missing].concat();
            // As Kafka has them then.
            isr.sort_unstable();
            self.set_isr(isr, among);
        }
        self.complete_reassignment(among);
    }

    /// Whoever leaves the set of those in sync while it is too small stays eligible.
    fn set_isr(&mut self, isr: Vec<i32>, among: Electorate<'_>) {
        let enough = among.min_isr.min(self.replicas.len());
        let before = std::mem::replace(&mut self.isr, isr);
        if self.isr.len() >= enough {
            self.eligible.clear();
            return;
        }
        let left = before.into_iter().filter(|id| self.replicas.contains(id));
        let left: Vec<_> = left.filter(|id| !self.eligible.contains(id)).collect();
        self.eligible.extend(left);
        self.eligible.retain(|id| !self.isr.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A partition on nodes 1, 2 and 3, and those of them that are up.
    struct Scene {
        leadership: Leadership,
        alive: Vec<i32>,
        min_isr: usize,
        unclean: bool,
    }

    impl Scene {
        fn new(min_isr: usize) -> Self {
            Self {
                leadership: Leadership::new(vec![1, 2, 3], |_| true),
                alive: vec![1, 2, 3],
                min_isr,
                unclean: false,
            }
        }

        fn change(&mut self, change: impl FnOnce(&mut Leadership, Electorate<'_>)) {
            let alive = &self.alive;
            let among = Electorate {
                is_alive: &|id| alive.contains(&id),
                min_isr: self.min_isr,
                unclean: self.unclean,
            };
            change(&mut self.leadership, among);
        }

        fn stop(&mut self, node: i32) {
            self.alive.retain(|id| *id != node);
            self.change(|leadership, among| leadership.node_stopped(node, among));
        }

        fn start(&mut self, node: i32) {
            self.alive.push(node);
            self.change(|leadership, among| leadership.node_started(node, among));
        }

        /// Leader, epoch, who is in sync, who is eligible.
        fn state(&self) -> (i32, i32, &[i32], &[i32]) {
            let Leadership {
                leader,
                epoch,
                isr,
                eligible,
                ..
            } = &self.leadership;
            (*leader, *epoch, isr, eligible)
        }
    }

    #[test]
    fn the_first_in_sync_leads_and_does_not_give_back() {
        let mut scene = Scene::new(1);
        scene.stop(3);
        assert_eq!(scene.state(), (1, 0, &[1, 2][..], &[][..]));
        scene.stop(1);
        assert_eq!(scene.state(), (2, 1, &[2][..], &[][..]));
        scene.start(1);
        scene.start(3);
        assert_eq!(scene.state(), (2, 1, &[1, 2, 3][..], &[][..]));
        scene.stop(2);
        assert_eq!(scene.state(), (1, 2, &[1, 3][..], &[][..]));
        // A node that holds nothing of it.
        scene.stop(7);
        scene.start(7);
        assert_eq!(scene.state(), (1, 2, &[1, 3][..], &[][..]));
    }

    #[test]
    fn only_the_last_in_sync_leads_again() {
        let mut scene = Scene::new(1);
        for node in [1, 2, 3] {
            scene.stop(node);
        }
        assert_eq!(scene.state(), (-1, 3, &[][..], &[3][..]));
        scene.start(1);
        assert_eq!(scene.state(), (-1, 3, &[][..], &[3][..]));
        assert_eq!(scene.leadership.last_known, Some(3));
        scene.start(3);
        assert_eq!(scene.state(), (3, 4, &[1, 3][..], &[][..]));
        assert_eq!(scene.leadership.last_known, None);
    }

    #[test]
    fn those_who_left_while_too_few_were_in_sync_are_eligible() {
        let mut scene = Scene::new(2);
        scene.stop(1);
        assert_eq!(scene.state(), (2, 1, &[2, 3][..], &[][..]));
        scene.stop(2);
        assert_eq!(scene.state(), (3, 2, &[3][..], &[2][..]));
        scene.stop(3);
        assert_eq!(scene.state(), (-1, 3, &[][..], &[2, 3][..]));
        scene.start(2);
        assert_eq!(scene.state(), (2, 4, &[2][..], &[3][..]));
        // Enough of them: nobody needs to be eligible.
        scene.start(1);
        assert_eq!(scene.state(), (2, 4, &[1, 2][..], &[][..]));
        // More in sync than there are replicas cannot be asked for.
        let mut scene = Scene::new(9);
        assert!(scene.leadership.eligible.is_empty());
        scene.stop(3);
        assert_eq!(scene.state(), (1, 0, &[1, 2][..], &[3][..]));
        scene.start(3);
        assert_eq!(scene.state(), (1, 0, &[1, 2, 3][..], &[][..]));
    }

    #[test]
    fn an_unclean_election_takes_whoever_is_up() {
        let mut scene = Scene::new(1);
        scene.unclean = true;
        for node in [1, 2, 3] {
            scene.stop(node);
        }
        scene.start(1);
        assert_eq!(scene.state(), (1, 4, &[1][..], &[][..]));
        scene.start(3);
        assert_eq!(scene.state(), (1, 4, &[1, 3][..], &[][..]));
    }

    #[test]
    fn a_leader_that_is_withheld_is_elected_when_the_last_lets_go() {
        let mut scene = Scene::new(1);
        scene.change(|leadership, _| leadership.withhold());
        scene.change(|leadership, _| leadership.withhold());
        assert_eq!(scene.state(), (-1, 1, &[1, 2, 3][..], &[][..]));
        scene.stop(1);
        scene.start(1);
        assert_eq!(scene.state(), (-1, 1, &[2, 3][..], &[][..]));
        scene.change(Leadership::release);
        assert_eq!(scene.leadership.leader, NO_LEADER);
        scene.change(Leadership::release);
        assert_eq!(scene.state(), (2, 2, &[1, 2, 3][..], &[][..]));
        // Nothing is left to take back.
        scene.change(Leadership::release);
        assert_eq!(scene.state(), (2, 2, &[1, 2, 3][..], &[][..]));
    }

    #[test]
    fn replicas_are_replaced() {
        let mut scene = Scene::new(1);
        scene.alive.push(4);
        scene.change(|leadership, among| leadership.move_to(4, among));
        assert_eq!(scene.state(), (4, 1, &[2, 3, 4][..], &[][..]));
        assert_eq!(scene.leadership.replicas, [4, 2, 3]);
        scene.change(|leadership, among| leadership.reassign(vec![2, 4, 1], among));
        assert_eq!(scene.state(), (4, 2, &[2, 4, 1][..], &[][..]));
        scene.change(|leadership, among| leadership.reassign(vec![2, 4, 1, 3], among));
        assert_eq!(scene.state(), (4, 2, &[2, 4, 1, 3][..], &[][..]));
        scene.change(|leadership, among| leadership.reassign(vec![3], among));
        assert_eq!(scene.state(), (3, 3, &[3][..], &[][..]));
        scene.stop(3);
        scene.change(|leadership, among| leadership.move_to(1, among));
        assert_eq!(scene.state(), (1, 5, &[1][..], &[][..]));
        assert_eq!(scene.leadership.replicas, [1]);
    }

    #[test]
    fn replicas_are_kept_until_those_that_come_are_in_sync() {
        let mut scene = Scene::new(1);
        scene.change(|leadership, among| leadership.begin_reassignment(&[5, 4, 3], among));
        let pending = scene.leadership.reassignment.clone().unwrap();
        assert_eq!(
            (&pending.adding[..], &pending.removing[..]),
            (&[4, 5][..], &[1, 2][..])
        );
        assert_eq!(scene.leadership.replicas, [5, 4, 3, 1, 2]);
        scene.start(4);
        assert_eq!(scene.state(), (1, 0, &[1, 2, 3, 4][..], &[][..]));
        scene.start(5);
        assert_eq!(scene.state(), (5, 1, &[3, 4, 5][..], &[][..]));
        assert_eq!(scene.leadership.replicas, [5, 4, 3]);
        assert_eq!(scene.leadership.reassignment, None);
        // Who is up is in sync at once, and the order alone is no reason to wait.
        scene.change(|leadership, among| leadership.begin_reassignment(&[3, 1], among));
        assert_eq!(scene.state(), (3, 2, &[1, 3][..], &[][..]));
        scene.change(|leadership, among| leadership.begin_reassignment(&[1, 3], among));
        assert_eq!(
            (scene.leadership.replicas.clone(), scene.leadership.epoch),
            (vec![1, 3], 2)
        );
    }

    #[test]
    fn another_reassignment_takes_the_place_of_one() {
        let mut scene = Scene::new(1);
        scene.change(|leadership, among| leadership.begin_reassignment(&[4, 1], among));
        scene.change(|leadership, among| leadership.begin_reassignment(&[4], among));
        let pending = scene.leadership.reassignment.clone().unwrap();
        assert_eq!(
            (&pending.adding[..], &pending.removing[..]),
            (&[4][..], &[1, 2, 3][..])
        );
        scene.change(|leadership, among| assert!(leadership.cancel_reassignment(among)));
        assert_eq!(scene.leadership.replicas, [1, 2, 3]);
        assert_eq!(scene.state(), (1, 1, &[1, 2, 3][..], &[][..]));
    }

    #[test]
    fn a_reassignment_is_given_up() {
        let mut scene = Scene::new(1);
        scene.change(|leadership, among| leadership.begin_reassignment(&[4, 3], among));
        scene.change(|leadership, among| assert!(leadership.cancel_reassignment(among)));
        assert_eq!(scene.leadership.replicas, [3, 1, 2]);
        // Whenever one goes, the leader has another epoch, even one who has not come.
        assert_eq!(scene.state(), (1, 1, &[1, 2, 3][..], &[][..]));
        // Only the one that was to come is left.
        scene.change(|leadership, among| leadership.begin_reassignment(&[4, 5], among));
        scene.start(4);
        for node in [1, 2, 3] {
            scene.stop(node);
        }
        assert_eq!(scene.leadership.leader, 4);
        scene.change(|leadership, among| assert!(!leadership.cancel_reassignment(among)));
        scene.unclean = true;
        scene.change(|leadership, among| assert!(leadership.cancel_reassignment(among)));
        // In the order that those who were to go had, which is that of their ids.
        assert_eq!(scene.leadership.replicas, [1, 2, 3]);
        // Nothing is left to give up.
        scene.change(|leadership, among| assert!(leadership.cancel_reassignment(among)));
    }

    #[test]
    fn leaders_are_elected_when_somebody_asks() {
        let mut scene = Scene::new(1);
        scene.stop(1);
        scene.change(|leadership, among| assert!(!leadership.elect_preferred(among)));
        scene.start(1);
        scene.change(|leadership, among| assert!(leadership.elect_preferred(among)));
        assert_eq!(scene.state(), (1, 2, &[1, 2, 3][..], &[][..]));
        for node in [1, 2, 3] {
            scene.stop(node);
        }
        scene.start(2);
        assert_eq!(scene.leadership.leader, NO_LEADER);
        scene.change(|leadership, among| assert!(!leadership.elect_preferred(among)));
        scene.change(|leadership, among| assert!(!leadership.elect_any(false, among)));
        scene.change(|leadership, among| assert!(leadership.elect_any(true, among)));
        assert_eq!(scene.state(), (2, 6, &[2][..], &[][..]));
    }

    #[test]
    fn a_new_partition_is_led_by_the_first_that_is_up() {
        let leadership = Leadership::new(vec![1, 2, 3], |id| id != 1);
        assert_eq!((leadership.leader, &leadership.isr[..]), (2, &[2, 3][..]));
        let leadership = Leadership::new(vec![1], |_| false);
        assert_eq!((leadership.leader, leadership.isr.len()), (NO_LEADER, 0));
    }
}
