<?php
// One-time links of `varvol login`: who has one is logged in once, within minutes of its making. They work before any
// plugin hides the login page, and are looked up in the database itself: an object cache may have other news.

add_action('init', static function (): void {
    $token = $_GET['varvol-login'] ?? null;
    if (!is_string($token) || basename($_SERVER['SCRIPT_NAME'] ?? '') !== 'wp-login.php') {
        return;
    }
    global $wpdb;
    nocache_headers();
    header('X-Robots-Tag: noindex');
    header("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    $name = 'varvol_login_' . hash('sha256', $token);
    $found = $wpdb->get_var($wpdb->prepare("SELECT option_value FROM $wpdb->options WHERE option_name = %s", $name));
    [$id, $until] = array_map('intval', explode(' ', $found ?? '0 0')) + [0, 0];
    $user = $until > time() ? get_userdata($id) : false;
    $posted = ($_SERVER['REQUEST_METHOD'] ?? '') === 'POST';
    // Of two that come at once, one removes it.
    if (!$user || ($posted && $wpdb->query($wpdb->prepare("DELETE FROM $wpdb->options WHERE option_name = %s", $name)) !== 1)) {
        wp_die('This link was used already, or is older than five minutes.', 'No login', ['response' => 403]);
    }
    if (!$posted) {
        // A program that looks at a link for a preview would use it up: it takes a person to press this.
        $text = esc_html("Log in as $user->user_login");
        echo "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>$text</title>",
            "<form method=post style='margin:20vh auto;text-align:center'><button style='font:1.25em sans-serif;padding:.5em 1em'>$text</button></form>";
        exit;
    }
    wp_set_current_user($id);
    wp_set_auth_cookie($id, false, is_ssl());
    error_log("varvol: a one-time link logged in $user->user_login, from " . ($_SERVER['REMOTE_ADDR'] ?? '?'));
    do_action('wp_login', $user->user_login, $user);
    wp_safe_redirect(admin_url());
    exit;
}, PHP_INT_MIN);
