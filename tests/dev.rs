#[path = "it/story.rs"]
mod story;
#[path = "it/combinations.rs"]
mod combinations;
#[path = "it/policies.rs"]
mod policies;
