use clap::{Args, FromArgMatches};

use super::*;

fn parse(arguments: &[&str]) -> RoomArgs {
    let command = RoomArgs::augment_args(clap::Command::new("room").no_binary_name(true));
    RoomArgs::from_arg_matches(&command.try_get_matches_from(arguments).unwrap()).unwrap()
}

#[test]
fn without_arguments_the_room_does_nothing_wrong() {
    assert_eq!(parse(&[]).options(), RoomOptions::default());
}

#[test]
fn every_argument_has_its_effect() {
    let args = ["--listen", "127.0.0.1:0", "--fail", "429:10s", "--fail", "503", "--slow", "2s"];
    let options = parse(&[&args[..], &["--no-pace", "--seed", "7"]].concat()).options();
    assert_eq!(options.listen.port(), 0);
    assert_eq!(options.faults.fail, ["429:10s".parse().unwrap(), "503".parse().unwrap()]);
    assert_eq!(options.faults.slow, Duration::from_secs(2));
    assert_eq!((options.pace, options.seed), (None, Some(7)));
}

#[tokio::test]
async fn the_invitation_names_the_webhook() {
    let room = Room::start(RoomOptions::for_tests()).await.unwrap();
    let address = room.address();
    assert_eq!(
        invitation(&room),
        format!(
            "listening on {address}; Ctrl-C ends it\n\
             webhook: http://{address}/v1/spaces/room/messages?key=room&token=room"
        )
    );
}

#[tokio::test]
async fn an_address_in_use_is_told_with_what_to_do() {
    let room = Room::start(RoomOptions::for_tests()).await.unwrap();
    let address = room.address();
    let error = Room::start(RoomOptions { listen: address, ..RoomOptions::for_tests() }).await;
    assert_eq!(
        RoomError::listen(address, error.unwrap_err()).to_string(),
        format!(
            "cannot listen on `{address}`: address in use; stop what uses it or choose another \
             with `--listen`"
        )
    );
}
