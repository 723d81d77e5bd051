<?php
// Asks images/wordpress/objects.php what WordPress asks of an object cache, and has requests come between each other. Prints what fails.

function add_action(): void
{
}
function _doing_it_wrong(): void
{
}
require '/usr/lib/varvol/objects.php';

final class Request
{
    public static function begin(): WP_Object_Cache
    {
        wp_cache_init();
        return $GLOBALS['wp_object_cache'];
    }
}

$failed = [];
$says = static function (string $what, bool $holds) use (&$failed): void {
    if (!$holds) {
        $failed[] = $what;
    }
};
$says('it is there', Request::begin()->isConnected());
wp_cache_flush();

$values = [null, false, true, 0, 5, -7, 1.5, '5', '', 'b:0;', '!x', [], "\0\xff", ['a' => 1, 'o' => (object) ['p' => 2]]];
foreach ($values as $i => $value) {
    wp_cache_set("v$i", $value, 'g');
    Request::begin();
    $got = wp_cache_get("v$i", 'g', false, $found);
    $says("value $i", $found && $got == $value && gettype($got) === gettype($value));
}
$says('what is not there', wp_cache_get('none', 'g', false, $found) === false && !$found);
$says('add', wp_cache_add('a', '1', 'g') && !wp_cache_add('a', '2', 'g'));
Request::begin();
$says('add of another request', !wp_cache_add('a', '3', 'g') && wp_cache_get('a', 'g') === '1');
$says('replace', !wp_cache_replace('none', '1', 'g') && wp_cache_replace('a', '9', 'g'));
$says('delete', wp_cache_delete('a', 'g') && !wp_cache_delete('a', 'g'));
$says('an empty key', !wp_cache_set('', 1) && wp_cache_get(' ') === false);
wp_cache_set('count', 5);
$says('counting', wp_cache_incr('count', 3) === 8 && wp_cache_decr('count', 100) === 0 && wp_cache_incr('none') === false);
Request::begin();
$says('what was counted', wp_cache_get('count') === 0);
$says('several', wp_cache_set_multiple(['a' => 1, 'b' => 2], 'm') === ['a' => true, 'b' => true]);
Request::begin();
$says('several there', wp_cache_get_multiple(['a', 'b', 'z'], 'm') === ['a' => 1, 'b' => 2, 'z' => false]);
$says('several added', wp_cache_add_multiple(['b' => 9, 'q' => 3], 'm') == ['b' => false, 'q' => true]);
$says('several deleted', wp_cache_delete_multiple(['a', 'none'], 'm') === ['a' => true, 'none' => false]);
wp_cache_set('k', 'v', 'one');
wp_cache_set('k', 'v', 'two');
wp_cache_flush_group('one');
Request::begin();
$says('a group that is forgotten', wp_cache_get('k', 'one') === false && wp_cache_get('k', 'two') === 'v');
wp_cache_add_non_persistent_groups(['unkept']);
wp_cache_set('k', 'v', 'unkept');
$says('a group that is not kept', wp_cache_get('k', 'unkept') === 'v');
Request::begin();
$says('… is gone', wp_cache_get('k', 'unkept') === false);
wp_cache_set('big', str_repeat('x', 5 << 20), 'g');
wp_cache_set('short', 'v', 'g', 1);
usleep(1_200_000);
Request::begin();
$says('what is too large', wp_cache_get('big', 'g') === false);
$says('what has had its time', wp_cache_get('short', 'g') === false);
$unpack = new ReflectionMethod(WP_Object_Cache::class, 'unpack');
$says('a class that is not there', $unpack->invokeArgs(null, ['a:1:{i:0;O:8:"NotThere":0:{}}']) === null);

// All options are set by who has an old one among them.
$one = new WP_Object_Cache();
$other = new WP_Object_Cache();
$one->get('alloptions', 'options');
$one->add('alloptions', ['mine' => 'first'], 'options');
$other->get('alloptions', 'options');
$one->set('alloptions', ['mine' => 'second'], 'options');
$other->set('alloptions', ['mine' => 'first', 'another' => 1], 'options');
$says('all options', (new WP_Object_Cache())->get('alloptions', 'options') === false);
// Read from the database, changed by another request, and added then; also where there was a change before.
foreach ([1, 2] as $time) {
    $reader = new WP_Object_Cache();
    $reader->get(7, 'posts');
    (new WP_Object_Cache())->delete(7, 'posts');
    $reader->add(7, 'old', 'posts');
    $says("a post that was old, $time", (new WP_Object_Cache())->get(7, 'posts') === false);
}
$reader = new WP_Object_Cache();
$reader->get(7, 'posts');
$reader->add(7, 'new', 'posts');
$says('a post that is new', (new WP_Object_Cache())->get(7, 'posts') === 'new');
// An option comes while another request notes which there are not.
$reader = new WP_Object_Cache();
$reader->get('notoptions', 'options');
$reader->set('notoptions', ['y' => true], 'options');
$says('options that are not there', (new WP_Object_Cache())->get('notoptions', 'options') === ['y' => true]);
(new WP_Object_Cache())->delete('notoptions', 'options');
$reader->set('notoptions', ['y' => true, 'z' => true], 'options');
$says('… of which one has come', (new WP_Object_Cache())->get('notoptions', 'options') === false);
$reader->set('notoptions', ['y' => true, 'z' => true, 'a' => true], 'options');
$says('… and is not noted by the next one either', !isset((new WP_Object_Cache())->get('notoptions', 'options')['y']));
(new WP_Object_Cache())->delete('notoptions', 'options');
$terms = new WP_Object_Cache();
$terms->get(7, 'category_relationships');
(new WP_Object_Cache())->delete(7, 'category_relationships');
$terms->add(7, [1, 2], 'category_relationships');
$says('terms of a post that have changed meanwhile', (new WP_Object_Cache())->get(7, 'category_relationships') === false);
$terms->set('text of an object', serialize(['O:7:"Nowhere":0:{}', ';O:7:"Nowhere":0:{}']), 'texts');
$says('text that looks like an object', (new WP_Object_Cache())->get('text of an object', 'texts') === serialize(['O:7:"Nowhere":0:{}', ';O:7:"Nowhere":0:{}']));
$terms->set('for ever', 'kept', 'texts', PHP_INT_MAX);
$says('what is kept for ever', (new WP_Object_Cache())->get('for ever', 'texts') === 'kept');
// A request goes on that began before all was forgotten.
$old = new WP_Object_Cache();
(new WP_Object_Cache())->flush();
(new WP_Object_Cache())->set('z', 'old', 'g');
$old->set('z', 'new', 'g');
$says('a request of before', (new WP_Object_Cache())->get('z', 'g') === 'new');
touch('/run/php/objects-stale');
$says('what the host has forgotten', (new WP_Object_Cache())->get('z', 'g') === false && !is_file('/run/php/objects-stale'));

echo json_encode($failed);
