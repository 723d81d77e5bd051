<?php
// people.php users|check|password|login [LOGIN]: what varvol asks WordPress of its users, and has it do; says JSON. It runs
// without plugins and themes, so that it also works where one of these is what is broken. A password is standard input.

declare(strict_types=1);

define('WP_INSTALLING', true);
define('WP_DISABLE_FATAL_ERROR_HANDLER', true);
require '/srv/wordpress/wp-load.php';

const MOST = 1000;
const MINUTES = 5;

function said(array $what): never
{
    echo json_encode($what, JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE), "\n";
    exit(0);
}

/** By login or e-mail address; a login may look like one. */
function named(string $name): WP_User
{
    $user = get_user_by('login', $name) ?: get_user_by('email', $name);
    if (!$user) {
        said(['problem' => 'no such user', 'logins' => array_map(static fn (object $one): string => $one->user_login, get_users(['number' => MOST, 'orderby' => 'ID']))]);
    }
    return $user;
}

[, $verb, $name] = $argv + ['', '', ''];
global $wpdb;
$wpdb->hide_errors();
switch ($verb) {
    case 'users':
        $users = get_users(['orderby' => 'ID', 'number' => MOST] + ($name === '' ? [] : ['role' => $name]));
        said(['users' => array_map(static fn (WP_User $user): array => [
            'id' => $user->ID,
            'login' => $user->user_login,
            'email' => $user->user_email,
            'name' => $user->display_name,
            'roles' => array_values($user->roles),
            'registered' => str_replace(' ', 'T', $user->user_registered) . 'Z',
        ], $users), 'all' => $name === '' ? (int) $wpdb->get_var("SELECT COUNT(*) FROM $wpdb->users") : count($users)]);
    case 'check':
        $user = get_user_by('login', $name);
        $password = rtrim((string) @file_get_contents('/run/secrets/admin'), "\r\n");
        said(['state' => !$user ? 'missing' : (wp_check_password($password, $user->user_pass, $user->ID) ? 'works' : 'changed')]);
    case 'password':
        $user = named($name);
        $password = preg_replace('/\r?\n$/', '', (string) stream_get_contents(STDIN));
        if (trim($password) === '') {
            said(['problem' => 'the password is empty']);
        }
        wp_set_password($password, $user->ID);
        // Whoever had the former one is logged out.
        WP_Session_Tokens::get_instance($user->ID)->destroy_all();
        $kept = class_exists('WP_Application_Passwords') ? WP_Application_Passwords::get_user_application_passwords($user->ID) : [];
        said(['login' => $user->user_login, 'applicationPasswords' => count($kept)]);
    case 'login':
        if ($name === '') {
            $name = get_users(['role' => 'administrator', 'orderby' => 'ID', 'number' => 1])[0]->user_login ?? '';
        }
        $user = named($name);
        $token = bin2hex(random_bytes(32));
        $until = time() + 60 * MINUTES;
        $wpdb->query("DELETE FROM $wpdb->options WHERE option_name LIKE 'varvol\\_login\\_%' AND SUBSTRING_INDEX(option_value, ' ', -1) + 0 < " . time());
        $made = $wpdb->query($wpdb->prepare(
            "INSERT INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'no')",
            'varvol_login_' . hash('sha256', $token),
            "$user->ID $until",
        ));
        if ($made !== 1) {
            said(['problem' => "the database takes no link: $wpdb->last_error"]);
        }
        said(['login' => $user->user_login, 'url' => site_url("wp-login.php?varvol-login=$token"), 'until' => gmdate('Y-m-d\TH:i:s\Z', $until)]);
    default:
        said(['problem' => "there is no $verb"]);
}
