use crate::base::{CallId, Instant};
use crate::call::Effect;
use crate::call::core::Core;
use crate::call::input::Input;

impl Core {
    /// Makes the next step of a call panic, at its end or in the midst of ending the call, for tests of
    /// what such a fault costs (R26).
    pub(crate) fn poison(
        &mut self,
        now: Instant,
        call: CallId,
        ending: bool,
        out: &mut Vec<Effect>,
    ) {
        let input = if ending { Input::BreakEnding } else { Input::Break };
        self.step(now, call, input, out);
        self.run(now, out);
        self.finish_stop(now, out);
    }
}
