import type { ComponentChildren, HTMLAttributes } from 'preact';
import { Icon, type IconName } from './icon.tsx';
import './button.css';

export interface ButtonProps extends Omit<HTMLAttributes<HTMLButtonElement>, 'icon'> {
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly type?: 'button' | 'submit';
  readonly icon?: IconName;
  readonly disabled?: boolean;
  /** The ID of the form that the button submits, if the button is outside the form. */
  readonly form?: string;
  readonly children?: ComponentChildren;
}

export function Button({ kind = 'plain', type = 'button', icon, children, ...rest }: ButtonProps) {
  return (
    <button type={type} class={`button button-${kind}`} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
