use guestbook::GuestBook;
use stormglass::prelude::*;

#[test]
fn fixed_bugs_stay_fixed() {
    Property::of(GuestBook).corpus("corpus");
}
