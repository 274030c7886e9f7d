use crate::base::{CallId, Instant};
use crate::call::Effect;
use crate::call::core::Core;
use crate::call::input::Input;

impl Core {
    /// Makes the next step of a call panic, for tests of what such a fault costs (R26).
    pub(crate) fn poison(&mut self, now: Instant, call: CallId, out: &mut Vec<Effect>) {
        self.step(now, call, Input::Break, out);
        self.run(now, out);
        self.finish_stop(now, out);
    }
}
