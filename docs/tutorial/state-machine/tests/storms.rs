use guestbook::GuestBook;
use stormglass::prelude::*;

#[test]
fn no_guest_is_lost() {
    Property::of(GuestBook).check();
}
