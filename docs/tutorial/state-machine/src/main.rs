use guestbook::GuestBook;
use stormglass::Program;

fn main() -> std::process::ExitCode {
    stormglass::main(Program::of(GuestBook))
}
