use crate::sim::world::World;

/// What must hold, between steps and at the end.
impl World {
    pub(crate) fn check(&mut self) -> Result<(), String> {
        self.core.check()?;
        self.witness.check(self.now)?;
        self.listen()?;
        let late = self.unanswered.iter().find(|(_, until)| self.now > **until);
        if let Some((command, until)) = late {
            return Err(format!("command {command:?} has no answer since {until}"));
        }
        let (calls, open) = (self.core.census().calls, self.witness.open_calls());
        if calls != open {
            return Err(format!("the core has {calls} calls, the records {open}"));
        }
        Ok(())
    }

    /// Holds what everybody hears against what they should.
    fn listen(&mut self) -> Result<(), String> {
        let mut ears = std::mem::take(&mut self.ears);
        let is_there = |stream| {
            let party = self.sound.party(stream).and_then(|media| self.party(media));
            party.is_some_and(|(ua, line)| self.uas[ua].is_there(line))
        };
        let result = ears.check(self.now, &self.core, &self.sound, is_there);
        self.ears = ears;
        result
    }

    /// All must be over.
    pub(crate) fn check_end(&mut self) -> Result<(), String> {
        self.core.check()?;
        self.witness.check(self.now)?;
        self.witness.check_end(self.now)?;
        let left = self.sound.leftovers();
        if !left.is_empty() {
            return Err(format!("media at the end: {}", left.join(", ")));
        }
        let census = self.core.census();
        let desk = crate::acd::Census::default();
        if !self.unanswered.is_empty() {
            return Err(format!("commands without an answer: {:?}", self.unanswered));
        }
        let held = census.calls + census.legs + census.indexes + census.ports + census.deadlines;
        let stack = census.stack;
        let calm = stack.is_calm() && stack.indexes == 0 && stack.bindings == 0;
        if held > 0 || census.lines > 0 || !calm || census.desk != desk {
            return Err(format!("at the end the core still holds {census:?}"));
        }
        if self.stopping && !self.drained {
            return Err("the engine was stopped and is not drained".to_owned());
        }
        Ok(())
    }
}
