<?php
// The site's nginx keeps pages. What changes one is here told to it, and nginx forgets all of them: a title stands in menus, a comment
// in a sidebar, on pages that nobody can list. It is told once a request, when that has written all that it will.

namespace Varvol\Pages;

use WP_Comment;
use WP_Post;

/** A socket of each of the site's nginx, of which there are two while one takes over from another. */
const SOCKETS = '/run/purge/*.sock';
/** When pages last changed, for those that were being made then. */
const CHANGED = '/run/php/pages-changed';

/** Has each nginx forget the pages whose keys (components/sites/wordpressNginx.ts) begin so. */
function forget(string ...$keys): void
{
    @touch(CHANGED);
    foreach (glob(SOCKETS) ?: [] as $path) {
        foreach ($keys as $key) {
            $socket = @stream_socket_client("unix://$path", $code, $reason, 1);
            if ($socket === false) {
                // One of a container that has gone.
                break;
            }
            stream_set_timeout($socket, 2);
            fwrite($socket, "GET / HTTP/1.1\r\nHost: pages\r\nX-Pages: $key\r\nConnection: close\r\n\r\n");
            $answer = (string) fgets($socket);
            fclose($socket);
            if (!str_starts_with($answer, 'HTTP/1.1 200')) {
                error_log('Kept pages were not forgotten: ' . (trim($answer) ?: 'nginx did not answer'));
            }
        }
    }
}

/** Whether a page that this request began may show what has changed since. */
function outdated(): bool
{
    $changed = @filemtime(CHANGED);
    return $changed !== false && $changed >= (int) ($_SERVER['REQUEST_TIME'] ?? 0);
}

/** What pages show has changed: those whose keys begin so, or any. */
function changed(string ...$keys): void
{
    static $all = [];
    $keys = $keys ?: ['*'];
    if (did_action('shutdown')) {
        forget(...$keys);
        return;
    }
    if (!$all) {
        add_action('shutdown', static function () use (&$all): void {
            forget(...(in_array('*', $all, true) || count($all) > 20 ? ['*'] : array_unique($all)));
        }, 0);
    }
    array_push($all, ...$keys);
}

/** What a post's own page shows has changed. A shop sells by the minute: all others are not made anew for each. */
function page(WP_Post $post): void
{
    $path = wp_make_link_relative((string) get_permalink($post->post_type === 'product_variation' ? $post->post_parent : $post));
    if (str_starts_with($path, '/') && !preg_match('/[^\x21-\x7e]/', $path)) {
        changed("$path *", "$path?*");
    } else {
        changed();
    }
}

/** Posts that no visitor opens, and that stand in pages: parts of a theme, menus, patterns. */
const PARTS = ['wp_template', 'wp_template_part', 'wp_global_styles', 'wp_navigation', 'wp_block', 'custom_css', 'nav_menu_item'];

function shown(mixed $post): bool
{
    return $post instanceof WP_Post
        && (in_array($post->post_type, PARTS, true) || $post->post_type === 'attachment' || is_post_type_viewable($post->post_type));
}

/** Core's own settings that pages show, whoever changes them. */
const OPTIONS = '/^(?:blogname|blogdescription|siteurl|home|template|stylesheet|sidebars_widgets|widget_.+|theme_mods_.+|nav_menu_options'
    . '|show_on_front|page_on_front|page_for_posts|sticky_posts|posts_per_(?:page|rss)|rss_use_excerpt|site_icon|site_logo'
    . '|date_format|time_format|timezone_string|gmt_offset|start_of_week|WPLANG|permalink_structure|category_base|tag_base'
    . '|blog_public|active_plugins|show_avatars|avatar_.+|thread_comments.*|page_comments|comments_per_page|comment_order'
    . '|default_comments_page|default_comment_status|comment_registration|close_comments_.+|require_name_email|users_can_register)$/';
/** What is written all the time, and shown to nobody. */
const NOISE = '/^_(?:site_)?transient_|^(?:cron|rewrite_rules|recently_\w+|auto_\w+|action_scheduler_\w+)$|_lock$|^_edit_(?:lock|last)$/';

/** Whether somebody who may change the site is doing so, and not only looking, or leaving a window open. */
function editing(string $capability): bool
{
    return !in_array($_SERVER['REQUEST_METHOD'] ?? 'GET', ['GET', 'HEAD', 'OPTIONS'], true)
        && ($_POST['action'] ?? '') !== 'heartbeat'
        && did_action('init') && current_user_can($capability);
}

function option(string $name): void
{
    if (preg_match(OPTIONS, $name) || !preg_match(NOISE, $name) && editing('manage_options')) {
        changed();
    }
}

function meta(mixed $ids, mixed $post, mixed $key): void
{
    if (!preg_match(NOISE, (string) $key) && editing('edit_posts') && get_post_status((int) $post) === 'publish') {
        changed();
    }
}

// The host calls this file, too, where there is no WordPress.
if (!function_exists('add_action')) {
    return;
}

add_action('transition_post_status', static function ($new, $old, $post): void {
    if (in_array('publish', [$new, $old], true) && shown($post)) {
        changed();
    }
}, 10, 3);
// A shop writes prices and stock past the former.
add_action('clean_post_cache', static function ($id, $post): void {
    if (shown($post) && in_array($post->post_status, ['publish', 'inherit'], true)) {
        editing('edit_posts') ? changed() : page($post);
    }
}, 10, 2);
foreach (['woocommerce_product_set_stock', 'woocommerce_variation_set_stock'] as $hook) {
    add_action($hook, static function ($product): void {
        $post = get_post($product->get_id());
        if ($post instanceof WP_Post) {
            page($post);
        }
    });
}
add_action('deleted_post', static function ($id, $post): void {
    if (shown($post) && $post->post_status !== 'draft') {
        changed();
    }
}, 10, 2);
foreach (['added_post_meta', 'updated_post_meta', 'deleted_post_meta'] as $hook) {
    add_action($hook, meta(...), 10, 3);
}

// One that waits for a moderator is shown to nobody but its author, whose page is not kept.
add_action('transition_comment_status', static function ($new, $old): void {
    if (in_array('approved', [$new, $old], true)) {
        changed();
    }
}, 10, 2);
foreach (['wp_insert_comment', 'deleted_comment', 'edit_comment'] as $hook) {
    add_action($hook, static function ($id, $comment = null): void {
        $comment = $comment instanceof WP_Comment ? $comment : get_comment($id);
        if ($comment instanceof WP_Comment && (string) $comment->comment_approved === '1') {
            changed();
        }
    }, 10, 2);
}

foreach (['updated_option', 'added_option', 'deleted_option'] as $hook) {
    add_action($hook, option(...));
}
foreach (['profile_update', 'deleted_user'] as $hook) {
    add_action($hook, static function ($id): void {
        if (user_can((int) $id, 'edit_posts') || doing_action('deleted_user')) {
            changed();
        }
    });
}
foreach (
    [
        'created_term', 'edited_term', 'delete_term', 'wp_update_nav_menu', 'wp_delete_nav_menu', 'switch_theme',
        'customize_save_after', 'woocommerce_product_set_stock_status', 'woocommerce_variation_set_stock_status', 'upgrader_process_complete', 'activated_plugin', 'deactivated_plugin',
    ] as $hook
) {
    add_action($hook, static fn () => changed());
}
