#[path = "it/story.rs"]
mod story;
#[test]
fn one() {
    let text = std::fs::read_to_string("/tmp/last_world").unwrap();
    let text = text.split_once('\n').unwrap().1;
    let world = story::world(text);
    let (record, seen) = hedgerow::kernel::simulate_watched(&world, story::run(0, 0), false);
    println!("{:?} {}", seen, record.jobs.len());
}
