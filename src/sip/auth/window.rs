/// Which counts (`nc`) of a nonce were used: each once, within 64 of the highest (R8).
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Window {
    top: u32,
    /// Bit n: count `top - n` was used.
    used: u64,
}

impl Window {
    /// Uses `count`; `false` when it was used before, is too old, or is 0.
    pub(crate) fn take(&mut self, count: u32) -> bool {
        if count == 0 {
            return false;
        }
        if count > self.top {
            let step = count - self.top;
            self.used = if step < 64 { self.used << step } else { 0 } | 1;
            self.top = count;
            return true;
        }
        let age = self.top - count;
        if age >= 64 || self.used & (1 << age) != 0 {
            return false;
        }
        self.used |= 1 << age;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_count_is_taken_once_in_any_order_within_64() {
        let mut window = Window::default();
        let rows = [
            (0, false),
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (2, false),
            (66, true),
            (3, false),
            (2, false),
            (4, true),
            (65, true),
            (1_000, true),
            (936, false),
            (937, true),
            (u32::MAX, true),
            (u32::MAX, false),
            (u32::MAX - 63, true),
            (1_000, false),
        ];
        for (count, taken) in rows {
            assert_eq!(window.take(count), taken, "{count}");
        }
    }
}
